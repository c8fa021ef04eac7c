namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses a file for a measurement that is off by default, besides the parser of its <see cref="CgroupFileKind"/>. All threads
/// share it, so it has no state; where the readings go is in the reading.
/// </summary>
internal abstract class ExtraParser
{
    /// <summary>Sets the readings of one file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="reading">The current reading.</param>
    /// <param name="devices">Finds rows of block devices; for the calling thread.</param>
    /// <returns>How many lines were malformed; their readings stay absent.</returns>
    internal abstract int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices);
}
