using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>MemTotal of PROC/meminfo: the memory that a container without a limit may use. Memory can be hot-plugged, so it is read again from time to time.</summary>
internal sealed class HostMemory(string proc)
{
    private readonly byte[] _path = System.Text.Encoding.UTF8.GetBytes(proc + "/meminfo\0");
    private readonly byte[] _buffer = new byte[4096];

    private readonly Lock _gate = new();
    private long _dueNs = long.MinValue;

    // 0 if it cannot be read: a long? would not be read whole by another thread.
    private long _totalBytes;

    /// <summary>In bytes; null if it cannot be read. Any thread may call it.</summary>
    internal long? TotalBytes => Volatile.Read(ref _totalBytes) is > 0 and long bytes ? bytes : null;

    /// <summary>Reads it if that is due. Any thread may call it.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="intervalNs">From one reading to the next.</param>
    internal void RefreshIfDue(long nowNs, long intervalNs)
    {
        if (nowNs < Volatile.Read(ref _dueNs)) return;
        lock (_gate)
        {
            if (nowNs < _dueNs) return;
            Volatile.Write(ref _totalBytes, Read() ?? 0);
            Volatile.Write(ref _dueNs, nowNs + intervalNs);
        }
    }

    private long? Read()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _path);
        if (descriptor < 0) return null;
        int read = Libc.Read(descriptor, _buffer);
        Libc.Close(descriptor);
        return read > 0 ? Parse(_buffer.AsSpan(0, read)) : null;
    }

    /// <summary>The value of the line <c>MemTotal:  N kB</c>.</summary>
    internal static long? Parse(ReadOnlySpan<byte> text)
    {
        int start = text.IndexOf("MemTotal:"u8);
        if (start < 0) return null;
        int position = start + "MemTotal:"u8.Length;
        while (position < text.Length && text[position] == ' ') position++;
        bool understood = KernelText.TryReadUnsigned(text, ref position, out ulong kilobytes)
            && kilobytes <= long.MaxValue / 1024 && text[position..].StartsWith(" kB\n"u8);
        return understood ? (long)kilobytes * 1024 : null;
    }
}
