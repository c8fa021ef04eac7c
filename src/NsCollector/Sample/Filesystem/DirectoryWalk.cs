using System.Buffers.Binary;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// Adds up the space that a directory and everything below it occupies, as du(1) does: st_blocks once for each inode. It can stop
/// after any file and continue later. It does not follow symbolic links, and does not enter other file systems or mounts.
/// </summary>
/// <remarks>
/// Files that are renamed during the walk may be missed or counted twice, as with du. Memory is bounded: <see cref="MaxDepth"/> descriptors,
/// <see cref="MaxNameBytes"/> bytes of names and <see cref="MaxLinked"/> inodes with several links. A steady walk allocates nothing.
/// </remarks>
internal sealed class DirectoryWalk : IDisposable
{
    /// <summary>Maximum depth of the tree, because each level needs a descriptor.</summary>
    internal const int MaxDepth = 1024;

    /// <summary>Maximum bytes of the names of pending directories, with one read of each level at a time.</summary>
    internal const int MaxNameBytes = 4 << 20;

    /// <summary>Maximum files with several links, because each inode must be remembered.</summary>
    internal const int MaxLinked = 250_000;

    // Memory for this many is kept from one walk to the next.
    private const int KeptLinked = 10_000;

    private const int EntriesBytes = 32 * 1024;

    // Files between two reads of the CPU clock, which is a system call. Reading the monotonic clock is not.
    private const int FilesPerLook = 32;

    private readonly byte[] _entries = new byte[EntriesBytes];
    private readonly HashSet<ulong> _linked = [];
    private readonly List<WalkFrame> _frames = [];
    private byte[] _names = new byte[4096];
    private int _namesEnd;
    private DirectoryEntries _reading;
    private bool _isReading;
    private FileStatus _top;

    /// <summary>Space counted so far, in bytes.</summary>
    internal ulong Bytes { get; private set; }

    /// <summary>Files and directories counted so far, including the top directory.</summary>
    internal ulong Inodes { get; private set; }

    /// <summary>Whether a walk is in progress.</summary>
    internal bool IsActive => _frames.Count > 0;

    /// <summary>Begins a walk.</summary>
    /// <param name="directory">Descriptor of the top directory, which the caller closes; O_PATH is sufficient.</param>
    /// <param name="status">Its status.</param>
    /// <returns>0, or -errno.</returns>
    internal int Begin(int directory, in FileStatus status)
    {
        Dispose();
        _linked.Clear();
        if (_linked.Capacity > KeptLinked) _linked.TrimExcess();
        int top = Open(directory, ".\0"u8);
        if (top < 0) return top;
        _top = status;
        (Bytes, Inodes) = (status.OccupiedBytes, 1);
        _frames.Add(new WalkFrame(top, 0));
        return 0;
    }

    /// <summary>Continues until everything is counted, or a time limit is reached. A system call in progress is completed.</summary>
    /// <param name="cpuNs">Limit of CPU time for this call, in nanoseconds.</param>
    /// <param name="elapsedNs">Time limit on the monotonic clock, in nanoseconds: each disk request of idle priority may wait for long.</param>
    internal WalkOutcome Continue(long cpuNs, long elapsedNs)
    {
        long beganNs = SystemClock.MonotonicNs();
        long untilNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) + cpuNs;
        WalkOutcome outcome = WalkOutcome.Unfinished;
        while (outcome == WalkOutcome.Unfinished && _frames.Count > 0)
        {
            outcome = _isReading ? ReadSome(beganNs, elapsedNs) : Descend();
            if (Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) >= untilNs || SystemClock.MonotonicNs() - beganNs >= elapsedNs) break;
        }

        if (outcome == WalkOutcome.Unfinished && _frames.Count == 0) outcome = WalkOutcome.Complete;
        if (outcome != WalkOutcome.Unfinished) Dispose();
        return outcome;
    }

    /// <summary>Ends the walk and closes its descriptors. Another walk can begin.</summary>
    public void Dispose()
    {
        foreach (WalkFrame frame in _frames) Libc.Close(frame.Descriptor);
        _frames.Clear();
        _namesEnd = 0;
        _isReading = false;
    }

    /// <summary>Counts the entries of the deepest directory that one system call has read.</summary>
    private WalkOutcome ReadSome(long beganNs, long elapsedNs)
    {
        for (int i = 0; i < FilesPerLook; i++)
        {
            if (_reading.IsAtEnd)
            {
                _isReading = false;
                return WalkOutcome.Unfinished;
            }

            if (!_reading.MoveNext()) return WalkOutcome.Failed;
            WalkOutcome outcome = Count(_reading.NameWithNul);
            if (outcome != WalkOutcome.Unfinished || SystemClock.MonotonicNs() - beganNs >= elapsedNs) return outcome;
        }

        return WalkOutcome.Unfinished;
    }

    /// <summary>Enters the next pending directory of the deepest one; else reads more of its entries, or leaves it.</summary>
    private WalkOutcome Descend()
    {
        WalkFrame deepest = _frames[^1];
        if (_namesEnd > deepest.NamesStart) return Enter(deepest.Descriptor, TakeName());
        _reading = new DirectoryEntries(deepest.Descriptor, _entries);
        int filled = _reading.Fill();
        _isReading = filled > 0;
        if (filled > 0) return WalkOutcome.Unfinished;

        // ENOENT: the directory was removed while it was open.
        if (filled is not (0 or -Errno.ENOENT)) return WalkOutcome.Failed;
        Libc.Close(deepest.Descriptor);
        _frames.RemoveAt(_frames.Count - 1);
        return WalkOutcome.Unfinished;
    }

    private WalkOutcome Enter(int parent, ReadOnlySpan<byte> nameWithNul)
    {
        if (_frames.Count >= MaxDepth) return WalkOutcome.OverBounds;
        int directory = Open(parent, nameWithNul);

        // Removed or replaced by something else since it was counted.
        if (directory is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP) return WalkOutcome.Unfinished;
        if (directory < 0) return WalkOutcome.Failed;
        _frames.Add(new WalkFrame(directory, _namesEnd));
        return WalkOutcome.Unfinished;
    }

    private WalkOutcome Count(ReadOnlySpan<byte> nameWithNul)
    {
        if (nameWithNul.SequenceEqual(".\0"u8) || nameWithNul.SequenceEqual("..\0"u8)) return WalkOutcome.Unfinished;
        int result = Libc.StatxEntry(_frames[^1].Descriptor, nameWithNul, out FileStatus status);
        if (result == -Errno.ENOENT) return WalkOutcome.Unfinished;
        if (result < 0) return WalkOutcome.Failed;
        if (!status.IsSameDevice(_top) || status.IsMountRoot) return WalkOutcome.Unfinished;
        if (status.IsDirectory)
        {
            if (!AddName(nameWithNul)) return WalkOutcome.OverBounds;
        }
        else if (status.Links > 1)
        {
            if (_linked.Contains(status.Inode)) return WalkOutcome.Unfinished;
            if (_linked.Count >= MaxLinked) return WalkOutcome.OverBounds;
            _linked.Add(status.Inode);
        }

        Bytes += status.OccupiedBytes;
        Inodes++;
        return WalkOutcome.Unfinished;
    }

    // Each name is followed by its length, because the list is read from its end.
    private bool AddName(ReadOnlySpan<byte> nameWithNul)
    {
        int end = _namesEnd + nameWithNul.Length + sizeof(ushort);
        if (end > MaxNameBytes) return false;
        if (end > _names.Length) Array.Resize(ref _names, Math.Max(end, Math.Min(MaxNameBytes, _names.Length * 2)));
        nameWithNul.CopyTo(_names.AsSpan(_namesEnd));
        BinaryPrimitives.WriteUInt16LittleEndian(_names.AsSpan(_namesEnd + nameWithNul.Length), (ushort)nameWithNul.Length);
        _namesEnd = end;
        return true;
    }

    private ReadOnlySpan<byte> TakeName()
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(_names.AsSpan(_namesEnd - sizeof(ushort)));
        _namesEnd -= length + sizeof(ushort);
        return _names.AsSpan(_namesEnd, length);
    }

    // O_NOATIME is only permitted to the owner of the file, or with CAP_FOWNER.
    private static int Open(int parent, ReadOnlySpan<byte> nameWithNul)
    {
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK;
        int directory = Libc.Openat(parent, nameWithNul, flags | Libc.O_NOATIME);
        return directory == -Errno.EPERM ? Libc.Openat(parent, nameWithNul, flags) : directory;
    }
}
