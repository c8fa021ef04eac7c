using System.Buffers.Text;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Cgroup;

/// <summary>
/// The memory files of one cgroup, held open (memory.current and others, Documentation/admin-guide/cgroup-v2.rst;
/// memory.usage_in_bytes and others, cgroup-v1/memory.rst). Reading allocates nothing.
/// </summary>
internal sealed class MemoryCgroupFiles : IDisposable
{
    /// <summary>
    /// From this value on v1 has no limit: PAGE_COUNTER_MAX pages, 2^63 minus one page of at most 64 KiB, or up to Linux 3.18
    /// 2^63-1.
    /// </summary>
    internal const long UnlimitedFromV1 = long.MaxValue - 65535;

    private readonly bool _isV2;
    private readonly int _usage, _kernel, _stat, _max, _high;

    /// <summary>Opens the files. A missing one, as in the root cgroup, gives no number.</summary>
    /// <param name="directory">The cgroup's directory, with a trailing slash.</param>
    /// <param name="isV2">Whether it is in the unified hierarchy.</param>
    internal MemoryCgroupFiles(string directory, bool isV2)
    {
        _isV2 = isV2;
        _usage = Open(isV2 ? "memory.current" : "memory.usage_in_bytes");
        _kernel = isV2 ? -1 : Open("memory.kmem.usage_in_bytes");
        _stat = Open("memory.stat");
        _max = Open(isV2 ? "memory.max" : "memory.limit_in_bytes");
        _high = isV2 ? Open("memory.high") : -1;

        int Open(string name) => Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(directory + name + "\0"));
    }

    /// <summary>The limit, in bytes: the lower one of memory.max and memory.high, on v1 memory.limit_in_bytes; null if there is none.</summary>
    /// <param name="buffer">For the texts.</param>
    internal long? ReadLimitBytes(byte[] buffer)
    {
        long? max = ReadNumber(_max, buffer), high = ReadNumber(_high, buffer);
        if (!_isV2 && max >= UnlimitedFromV1) max = null;
        return max is null || high < max ? high : max;
    }

    /// <summary>Reads what is charged.</summary>
    /// <param name="buffer">For the texts; memory.stat has about 1.5 KB.</param>
    internal MemoryCharge Read(byte[] buffer)
    {
        long? usage = ReadNumber(_usage, buffer), kernel = ReadNumber(_kernel, buffer);
        long reclaimable = 0;
        int length = _stat < 0 ? 0 : Libc.PreadFully(_stat, buffer);
        ReadOnlySpan<byte> text = buffer.AsSpan(0, Math.Max(length, 0));
        while (text.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = text[..end];
            text = text[(end + 1)..];
            int space = line.IndexOf((byte)' ');
            if (space < 0 || !Utf8Parser.TryParse(line[(space + 1)..], out long value, out _)) continue;
            ReadOnlySpan<byte> key = line[..space];
            if (_isV2 && key.SequenceEqual("kernel"u8)) kernel = value;

            // On v1 the keys without "total_" leave out the cgroups below, which are charged too.
            bool isReclaimable = _isV2
                ? key.SequenceEqual("active_file"u8) || key.SequenceEqual("inactive_file"u8) || key.SequenceEqual("slab_reclaimable"u8)
                : key.SequenceEqual("total_active_file"u8) || key.SequenceEqual("total_inactive_file"u8);
            if (isReclaimable) reclaimable += value;
        }

        return new MemoryCharge(usage, kernel, reclaimable);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (int descriptor in (ReadOnlySpan<int>)[_usage, _kernel, _stat, _max, _high])
        {
            if (descriptor >= 0) Libc.Close(descriptor);
        }
    }

    // "max" is no number: no limit.
    private static long? ReadNumber(int descriptor, byte[] buffer)
    {
        int length = descriptor < 0 ? -1 : Libc.PreadFully(descriptor, buffer);
        return length > 0 && Utf8Parser.TryParse(buffer.AsSpan(0, length), out long value, out _) ? value : null;
    }
}
