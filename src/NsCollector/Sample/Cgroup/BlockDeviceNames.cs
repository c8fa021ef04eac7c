using System.Globalization;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// The kernel's names of block devices by number, from the links of sysfs. A number may be reused for another device (hot plug), so
/// each name, or its absence, is read again after a while.
/// </summary>
/// <param name="sys">Where sysfs is mounted.</param>
/// <param name="lifetime">How long a name is cached.</param>
internal sealed class BlockDeviceNames(string sys, TimeSpan lifetime)
{
    // Far more than a host has; above it the cache is cleared, which costs one readlink for each device.
    private const int MaxEntries = 4096;

    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly byte[] _path = new byte[4096];
    private readonly byte[] _target = new byte[4096];
    private readonly BlockDevicePaths _paths = new(sys);
    private readonly long _lifetimeNs = (long)lifetime.TotalMilliseconds * 1_000_000;

    /// <summary>The name, or <c>MAJOR:MINOR</c> if the kernel has none.</summary>
    internal ReadOnlySpan<byte> NameOf(uint major, uint minor, long nowNs)
    {
        ulong number = ((ulong)major << 32) | minor;
        if (!_entries.TryGetValue(number, out Entry? entry))
        {
            if (_entries.Count >= MaxEntries) _entries.Clear();
            _entries[number] = entry = new Entry();
        }
        else if (nowNs - entry.ReadNs < _lifetimeNs)
        {
            return entry.Name;
        }

        entry.ReadNs = nowNs;
        ReadName(entry, major, minor);
        return entry.Name;
    }

    private void ReadName(Entry entry, uint major, uint minor)
    {
        Span<byte> number = stackalloc byte[32];
        major.TryFormat(number, out int length, provider: CultureInfo.InvariantCulture);
        number[length++] = (byte)':';
        minor.TryFormat(number[length..], out int minorLength, provider: CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> name = number[..(length + minorLength)];
        int pathLength = _paths.Write(((ulong)major << 32) | minor, _path.AsSpan(0, _path.Length - 1));
        if (pathLength > 0)
        {
            _path[pathLength] = 0;
            int read = Libc.Readlinkat(Libc.AT_FDCWD, _path.AsSpan(0, pathLength + 1), _target);
            if (read > 0 && read < _target.Length)
            {
                ReadOnlySpan<byte> target = _target.AsSpan(0, read);
                target = target[(target.LastIndexOf((byte)'/') + 1)..];
                if (!target.IsEmpty) name = target;
            }
        }

        if (!name.SequenceEqual(entry.Name)) entry.Name = name.ToArray();
    }

    private sealed class Entry
    {
        internal byte[] Name = [];
        internal long ReadNs;
    }
}
