using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>MemTotal of PROC/meminfo: the memory that a container without a limit may use. Memory can be hot-plugged, so it is read again from time to time.</summary>
internal sealed class HostMemory(string proc)
{
    private readonly byte[] _path = System.Text.Encoding.UTF8.GetBytes(proc + "/meminfo\0");
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>In bytes; null if it cannot be read.</summary>
    internal long? TotalBytes { get; private set; }

    internal void Refresh()
    {
        TotalBytes = null;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _path);
        if (descriptor < 0) return;
        int read = Libc.Read(descriptor, _buffer);
        Libc.Close(descriptor);
        if (read > 0) TotalBytes = Parse(_buffer.AsSpan(0, read));
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
