using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.HostMetrics;

/// <summary>Which block devices are partitions: those whose directory in sysfs has a file <c>partition</c> (block/partitions/core.c).</summary>
/// <param name="sys">Where sysfs is mounted.</param>
internal sealed class Partitions(string sys)
{
    // Far more than a host has; above it the cache starts over.
    private const int MaxEntries = 4096;

    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly BlockDevicePaths _paths = new(sys);
    private readonly byte[] _path = new byte[4096];

    /// <summary>Whether a device is a partition. Looked up once; again if the number belongs to another name.</summary>
    /// <param name="number">The major number in the upper half, the minor number in the lower one.</param>
    /// <param name="name">The kernel's name of the device.</param>
    internal bool Contains(ulong number, ReadOnlySpan<byte> name)
    {
        if (_entries.TryGetValue(number, out Entry entry) && name.SequenceEqual(entry.Name)) return entry.IsPartition;
        if (_entries.Count >= MaxEntries) _entries.Clear();
        entry = new Entry(name.ToArray(), IsPartition(number));
        _entries[number] = entry;
        return entry.IsPartition;
    }

    private bool IsPartition(ulong number)
    {
        ReadOnlySpan<byte> file = "/partition\0"u8;
        int length = _paths.Write(number, _path.AsSpan(0, _path.Length - file.Length));
        if (length == 0) return false;
        file.CopyTo(_path.AsSpan(length));
        return Libc.Statx(Libc.AT_FDCWD, _path.AsSpan(0, length + file.Length), out _) == 0;
    }

    private readonly record struct Entry(byte[] Name, bool IsPartition);
}
