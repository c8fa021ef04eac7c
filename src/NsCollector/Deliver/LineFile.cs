using NsCollector.Linux.Interop;

namespace NsCollector.Deliver;

/// <summary>
/// One open file of whole lines, and the only writer of it.
/// <para>Invariants for a process that reads the file up to its last LF while it is written:</para>
/// <list type="bullet">
/// <item>Every byte up to the last LF belongs to a whole line, and no byte before it ever changes.</item>
/// <item>Between writes the file is empty or ends in LF. After a short write (full disk, quota) the file is truncated to its last
/// LF at once; if that is not allowed (append-only file), the next write completes the line.</item>
/// <item>Bytes are only appended (O_APPEND), also after another process has truncated the file (copytruncate).</item>
/// <item>The file is locked (fcntl, OFD) before its end is read, so two agents never truncate each other's lines.</item>
/// </list>
/// <para>A file that ends in an incomplete line when opened (its writer was killed during a write) is never continued:
/// <see cref="TornBytes"/> is set, and the caller starts a new file. docs/decisions/0005-whole-lines-only.md has the reasons.</para>
/// </summary>
internal sealed class LineFile : IDisposable
{
    /// <summary>How far from the end the last LF is searched. Longer than any line, because a batch bounds a line.</summary>
    internal const int MaxLineBytes = 4 * 1024 * 1024;

    // More than what other programs write between a look at the free space and a write of a batch.
    private const ulong ScarceBytes = 64 << 20;

    private readonly FileLocation _location;
    private readonly int _descriptor;
    private readonly FileStatus _identity;

    // Bytes of the next line that are already in the file, because they could not be truncated.
    private int _unfinishedBytes;

    private LineFile(FileLocation location, int descriptor, in FileStatus identity, DateTime utcNow, bool isNew)
    {
        _location = location;
        _descriptor = descriptor;
        _identity = identity;
        Size = identity.Size;
        IsNew = isNew;
        Birth = identity.HasBirth ? DateTime.UnixEpoch.AddSeconds(identity.BirthSeconds) : utcNow;
    }

    /// <summary>Its size in bytes.</summary>
    internal long Size { get; private set; }

    /// <summary>Whether this process created it.</summary>
    internal bool IsNew { get; }

    /// <summary>Creation time from the file system; the time of opening if the file system does not record it.</summary>
    internal DateTime Birth { get; }

    /// <summary>The length of the incomplete line at its end; 0 for a file that can be continued.</summary>
    internal long TornBytes { get; private set; }

    /// <summary>End offset of its last whole line; -1 if no LF was found within <see cref="MaxLineBytes"/>.</summary>
    internal long WholeLinesEnd { get; private set; }

    /// <summary>Whether it ends in an incomplete line that could not be truncated; the next bytes are the rest of that line.</summary>
    internal bool IsMidLine => _unfinishedBytes > 0;

    /// <summary>Opens a file for appending, locks it and examines its end. Creates it if it does not exist.</summary>
    /// <param name="location">Where.</param>
    /// <param name="mode">The permission bits of a new file, regardless of the umask.</param>
    /// <param name="utcNow">The time.</param>
    /// <param name="fault">The reason if null is returned.</param>
    /// <returns>The file, or null.</returns>
    internal static LineFile? Open(FileLocation location, int mode, DateTime utcNow, out FileFault fault)
    {
        // Another process may replace the path between two calls. Try again then, but not forever.
        for (int turn = 0; turn < 8; turn++)
        {
            // Before opening: to open some devices has side effects, and to open a pipe blocks.
            int found = Libc.Statx(Libc.AT_FDCWD, location.PathWithNul, out FileStatus atPath);
            if (found == 0 && !atPath.IsRegularFile)
            {
                fault = new FileFault(atPath.IsSymbolicLink ? FileStep.SymbolicLink : FileStep.NotARegularFile, 0);
                return null;
            }

            int flags = Libc.O_RDWR | Libc.O_APPEND | Libc.O_NONBLOCK | Libc.O_NOFOLLOW;
            if (found == -Errno.ENOENT) flags |= Libc.O_CREAT | Libc.O_EXCL;
            int descriptor = Libc.Openat(Libc.AT_FDCWD, location.PathWithNul, flags, mode & 0b110_000_000);
            if (descriptor == -Errno.EEXIST || (descriptor == -Errno.ENOENT && found == 0)) continue;
            if (descriptor < 0)
            {
                // With O_NOFOLLOW, ELOOP means that a symbolic link has replaced the file since it was examined.
                fault = descriptor == -Errno.ELOOP ? new FileFault(FileStep.SymbolicLink, 0) : new FileFault(FileStep.Open, -descriptor);
                return null;
            }

            int locked = Libc.LockWholeFile(descriptor);
            if (locked is -Errno.EAGAIN or -Errno.EACCES)
            {
                Libc.Close(descriptor);
                fault = new FileFault(FileStep.Locked, Errno.EAGAIN);
                return null;
            }
            // Any other error: the file system has no locks; continue without one.

            int opened = Libc.Statx(descriptor, "\0"u8, out FileStatus status);
            found = Libc.Statx(Libc.AT_FDCWD, location.PathWithNul, out atPath);
            if (opened < 0 || found < 0 || !status.IsSameFile(atPath))
            {
                Libc.Close(descriptor);
                continue;
            }

            bool isNew = (flags & Libc.O_CREAT) != 0;
            if (isNew) Libc.Fchmod(descriptor, mode);
            LineFile file = new(location, descriptor, status, utcNow, isNew);
            int looked = file.FindEndOfLines();
            if (looked == 0)
            {
                fault = default;
                return file;
            }
            file.Dispose();
            fault = new FileFault(FileStep.Repair, -looked);
            return null;
        }
        fault = new FileFault(FileStep.Open, Errno.EBUSY);
        return null;
    }

    /// <summary>
    /// Whether the path still refers to this file and no other process has left an incomplete line at its end; otherwise the
    /// caller must reopen it. Also updates <see cref="Size"/> if another process has truncated the file.
    /// </summary>
    internal bool IsStillInPlace()
    {
        if (Libc.Statx(Libc.AT_FDCWD, _location.PathWithNul, out FileStatus atPath) < 0) return false;
        if (!atPath.IsSameFile(_identity)) return false;
        if (atPath.Size == Size) return true;
        Size = atPath.Size;
        _unfinishedBytes = 0;
        if (Size == 0) return true;
        Span<byte> last = stackalloc byte[1];
        return Libc.Pread(_descriptor, last, Size - 1) == 1 && last[0] == (byte)'\n';
    }

    /// <summary>Changes the owner and group of the file.</summary>
    /// <returns>0, or -errno.</returns>
    internal int SetOwner(int user, int group) => Libc.Fchownat(_descriptor, "\0"u8, user, group);

    /// <summary>Truncates the incomplete line at the end.</summary>
    /// <returns>0, or -errno.</returns>
    internal int RemoveTornLine()
    {
        long end = Math.Max(0, WholeLinesEnd);
        int removed = Libc.Ftruncate(_descriptor, end);
        if (removed < 0) return removed;
        Size = end;
        TornBytes = 0;
        return 0;
    }

    /// <summary>
    /// Whether so little space is free that a write may end in the middle of a line. False if the file system cannot tell; a quota is not
    /// seen.
    /// </summary>
    internal bool IsSpaceScarce() => Libc.Fstatvfs(_descriptor, out FileSystemSpace space) == 0 && space.AvailableBytes < ScarceBytes;

    /// <summary>
    /// Checks whether there is room for more bytes without writing any, so that a file on a full disk is not written to and
    /// truncated again in every attempt.
    /// </summary>
    /// <returns>0, also if the file system cannot tell; otherwise -errno.</returns>
    internal int Reserve(int bytes)
    {
        int reserved = Libc.Fallocate(_descriptor, Libc.FALLOC_FL_KEEP_SIZE, Size, bytes);
        if (reserved is 0 or -Errno.EOPNOTSUPP or -Errno.ENOSYS or -Errno.EINVAL) return 0;
        // What part of it was found stays reserved otherwise, and would be missing elsewhere.
        if (_unfinishedBytes == 0) Libc.Ftruncate(_descriptor, Size);
        return reserved;
    }

    /// <summary>Appends whole lines.</summary>
    /// <param name="lines">Lines that are not in the file yet; the last one ends in LF.</param>
    /// <param name="appended">How many bytes of them, always whole lines, are in the file now, also after an error.</param>
    /// <returns>0, or -errno.</returns>
    internal int Append(ReadOnlySpan<byte> lines, out int appended)
    {
        int written = _unfinishedBytes;
        int error = 0;
        while (written < lines.Length)
        {
            int n = Libc.Write(_descriptor, lines[written..]);
            if (n == -Errno.EINTR) continue;
            if (n <= 0)
            {
                error = n == 0 ? -Errno.EIO : n;
                break;
            }
            written += n;
            Size += n;
        }
        _unfinishedBytes = 0;
        appended = written;
        if (error == 0) return 0;

        appended = lines[..written].LastIndexOf((byte)'\n') + 1;
        int torn = written - appended;
        if (torn > 0)
        {
            if (Libc.Ftruncate(_descriptor, Size - torn) == 0) Size -= torn;
            else _unfinishedBytes = torn;
        }
        return error;
    }

    /// <summary>Closes it, which releases the lock.</summary>
    public void Dispose() => Libc.Close(_descriptor);

    /// <summary>Searches the last LF. Sets <see cref="TornBytes"/> and <see cref="WholeLinesEnd"/>.</summary>
    /// <returns>0, or -errno.</returns>
    private int FindEndOfLines()
    {
        WholeLinesEnd = Size;
        if (Size == 0) return 0;
        Span<byte> block = stackalloc byte[16 * 1024];
        long end = Size;
        long stop = Math.Max(0, Size - MaxLineBytes);
        while (end > stop)
        {
            int length = (int)Math.Min(block.Length, end - stop);
            int read = Libc.Pread(_descriptor, block[..length], end - length);
            if (read < 0) return read;
            if (read < length) return -Errno.EIO;
            int last = block[..length].LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                WholeLinesEnd = end - length + last + 1;
                TornBytes = Size - WholeLinesEnd;
                return 0;
            }
            end -= length;
        }
        WholeLinesEnd = -1;
        TornBytes = Size;
        return 0;
    }
}
