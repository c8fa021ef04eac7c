using NsCollector.Catalogue;

namespace NsCollector.Sample.Filesystem;

/// <summary>The figures of one mount of a container. Filled by the thread that reads them, and not changed after it has published them.</summary>
/// <param name="point">The mount point in the container.</param>
internal sealed class DiskFigures(byte[] point)
{
    /// <summary>The mount point in the container.</summary>
    internal byte[] Point { get; } = point;

    /// <summary>The type of the file system that holds the data, for the further tag.</summary>
    internal byte[][] MoreKeys { get; set; } = [];

    /// <summary>The values of the string fields, in the order of the catalogue: how the usage was found, the host's directory, the device.</summary>
    internal byte[][] Texts { get; set; } = [[], [], []];

    /// <summary>Everything but the age.</summary>
    internal ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Filesystems);

    /// <summary>When the usage was found, on the monotonic clock; 0 if it is not known.</summary>
    internal long UsedAtNs { get; set; }

    /// <summary>Sets what is used, and how that was found.</summary>
    internal void SetUsed(ulong bytes, ulong? inodes, ReadOnlySpan<byte> source, long atNs)
    {
        Readings.SetUnsigned(Reading.DiskUsedBytes, bytes);
        if (inodes is { } count) Readings.SetUnsigned(Reading.DiskUsedInodes, count);
        Texts[0] = source.ToArray();
        UsedAtNs = atNs;
    }
}
