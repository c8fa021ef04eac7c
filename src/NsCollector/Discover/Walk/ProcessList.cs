using System.Buffers.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Walk;

/// <summary>
/// Reads a list of processes, <c>cgroup.procs</c>. The kernel returns at most a page at a time, so it is read until its end.
/// Allocates nothing. Dispose closes the file.
/// </summary>
internal ref struct ProcessList
{
    /// <summary>The digits of the highest pid (2^22), with room.</summary>
    private const int MaxPidBytes = 10;

    private readonly Span<byte> _buffer;
    private readonly int _descriptor;
    private ReadOnlySpan<byte> _text;

    /// <summary>Opens the list.</summary>
    /// <param name="tree">The hierarchy.</param>
    /// <param name="node">The cgroup.</param>
    /// <param name="fileWithNul">The file, relative to the cgroup, with a NUL byte.</param>
    /// <param name="buffer">Used until the list is disposed of.</param>
    internal ProcessList(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> fileWithNul, Span<byte> buffer)
    {
        _buffer = buffer;
        _descriptor = tree.Open(node, fileWithNul);
        Error = Math.Min(_descriptor, 0);
    }

    /// <summary>-errno if the list could not be opened or read to its end, else 0.</summary>
    internal int Error { get; private set; }

    /// <summary>The next process.</summary>
    /// <param name="pid">Its id; 0 is a process of a pid namespace that cannot be seen from here.</param>
    /// <returns>False at the end of the list.</returns>
    internal bool TryNext(out int pid)
    {
        pid = 0;
        if (_descriptor < 0) return false;
        while (!TryParse(ref _text, out pid))
        {
            // A line may be cut at the end of the buffer. Anything longer than a number is no list of processes.
            int held = _text.Length;
            if (held > MaxPidBytes) return false;
            _text.CopyTo(_buffer);
            _text = _buffer[..held];
            int length = Libc.Read(_descriptor, _buffer[held..]);
            Error = Math.Min(length, 0);
            if (length <= 0) return false;
            _text = _buffer[..(held + length)];
        }

        return true;
    }

    public readonly void Dispose()
    {
        if (_descriptor >= 0) Libc.Close(_descriptor);
    }

    private static bool TryParse(ref ReadOnlySpan<byte> text, out int pid)
    {
        int end = text.IndexOf((byte)'\n');
        if (end > 0 && Utf8Parser.TryParse(text[..end], out pid, out int used) && used == end && pid >= 0)
        {
            text = text[(end + 1)..];
            return true;
        }

        pid = 0;
        return false;
    }
}
