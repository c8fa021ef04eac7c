using System.Buffers.Text;
using System.Text;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The kernel memory that a walk is charged for: dentries and inodes, which the kernel reclaims when it needs memory. On cgroup v1 the
/// budget of held files learns only from this class that the memory can be reclaimed; on v2 memory.stat has it.
/// </summary>
internal sealed class WalkCharge : IDisposable
{
    private readonly OwnMemoryCgroup? _own;
    private readonly byte[] _text = new byte[32];
    private int _file = -Errno.ENOENT;
    private long _before;

    /// <param name="own">The memory that is charged to this process; null if it is not known.</param>
    internal WalkCharge(OwnMemoryCgroup? own)
    {
        if (own is null || own.CountsSlab) return;
        _own = own;
        _file = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(own.Directory + "/memory.kmem.usage_in_bytes\0"));
    }

    /// <summary>A slice of a walk begins.</summary>
    internal void Begin() => _before = Read();

    /// <summary>A slice of a walk has ended.</summary>
    internal void End()
    {
        if (_file >= 0 && _before > 0 && Read() - _before is > 0 and var added) _own!.AddReclaimable(added);
    }

    public void Dispose()
    {
        if (_file >= 0) Libc.Close(_file);
        _file = -Errno.ENOENT;
    }

    private long Read()
    {
        int length = _file < 0 ? 0 : Libc.Pread(_file, _text, 0);
        return length > 0 && Utf8Parser.TryParse(_text.AsSpan(0, length), out long value, out _) ? value : 0;
    }
}
