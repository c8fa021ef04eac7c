using NsCollector.Catalogue;

namespace NsCollector.Sample.Filesystem;

/// <summary>The figures of one mount of a container. The reading thread fills it, and does not change it after publishing.</summary>
/// <param name="point">The mount point in the container.</param>
internal sealed class DiskFigures(byte[] point)
{
    /// <summary>The mount point in the container.</summary>
    internal byte[] Point { get; } = point;

    /// <summary>The type of the file system that holds the data, for the tag <c>fstype</c>.</summary>
    internal byte[][] MoreKeys { get; set; } = [];

    /// <summary>The values of the string fields, in the order of the catalogue: source of the usage, directory on the host, device.</summary>
    internal byte[][] Texts { get; set; } = [[], [], []];

    /// <summary>All readings except the age.</summary>
    internal ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Filesystems);

    /// <summary>When the usage was measured, on the monotonic clock; 0 if it is not known.</summary>
    internal long UsedAtNs { get; set; }

    /// <summary>Sets the usage and its source.</summary>
    internal void SetUsed(ulong bytes, ulong? inodes, ReadOnlySpan<byte> source, long atNs)
    {
        Readings.SetUnsigned(Reading.DiskUsedBytes, bytes);
        if (inodes is { } count) Readings.SetUnsigned(Reading.DiskUsedInodes, count);
        Texts[0] = source.ToArray();
        UsedAtNs = atNs;
    }
}
