namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses a file for a measurement that is off by default, in addition to the parser of its <see cref="CgroupFileKind"/>. All threads
/// share it, so it has no state; the sets that receive the readings are in the <see cref="CgroupReading"/>.
/// </summary>
internal abstract class ExtraParser
{
    /// <summary>Sets the readings of one file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="reading">The current reading.</param>
    /// <param name="devices">Finds rows of block devices; for the calling thread.</param>
    /// <returns>Number of malformed lines; their readings stay absent.</returns>
    internal abstract int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices);
}
