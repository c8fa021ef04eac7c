using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// Which block devices are partitions: those whose directory in sysfs has a file <c>partition</c> (block/partitions/core.c). And which
/// have no medium.
/// </summary>
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

    /// <summary>
    /// Whether a device has no medium now: its file <c>size</c> in sysfs is 0. A loop device without a file keeps the counters of
    /// its last one. Read each time; false if it cannot be read.
    /// </summary>
    /// <param name="number">As in <see cref="Contains"/>.</param>
    internal bool IsWithoutMedium(ulong number)
    {
        ReadOnlySpan<byte> path = PathOf(number, "/size\0"u8);
        if (path.IsEmpty) return false;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, path);
        if (descriptor < 0) return false;
        Span<byte> text = stackalloc byte[32];
        int length = Libc.Pread(descriptor, text, 0);
        Libc.Close(descriptor);
        return length > 0 && text[..length].SequenceEqual("0\n"u8);
    }

    private bool IsPartition(ulong number) =>
        PathOf(number, "/partition\0"u8) is { IsEmpty: false } path && Libc.Statx(Libc.AT_FDCWD, path, out _) == 0;

    private ReadOnlySpan<byte> PathOf(ulong number, ReadOnlySpan<byte> file)
    {
        int length = _paths.Write(number, _path.AsSpan(0, _path.Length - file.Length));
        if (length == 0) return default;
        file.CopyTo(_path.AsSpan(length));
        return _path.AsSpan(0, length + file.Length);
    }

    private readonly record struct Entry(byte[] Name, bool IsPartition);
}
