using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// One sink's spool files on disk. A file gets its final name only when it is complete (written under another name, synced as
/// configured, renamed), so every file with a <see cref="SpoolFileName"/> can be sent. Errors are values (-errno).
/// </summary>
internal sealed class SpoolDirectory : ISpoolFiles
{
    /// <summary>Maximum uncompressed bytes of a file, because a reader needs that much memory: four times the highest [spool] file_size.</summary>
    private const int MaxLineBytes = 256 << 20;

    private const int FileMode = 0b110_100_000;
    private const int DirectoryMode = 0b111_101_000;

    private readonly SpoolLock _lock;
    private readonly SpoolSync _sync;
    private readonly List<string> _unsynced = [];
    private readonly byte[] _pathWithNul;

    /// <summary>Does not access the disk yet.</summary>
    /// <param name="spool">The spool's lock, which is acquired before the first write.</param>
    /// <param name="sink">The NAME of the sink's section, which is the directory's name.</param>
    /// <param name="sync">When files are synced.</param>
    internal SpoolDirectory(SpoolLock spool, string sink, SpoolSync sync)
    {
        _lock = spool;
        _sync = sync;
        Path = System.IO.Path.Join(spool.Directory, sink);
        _pathWithNul = FileLocation.WithNul(Path);
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Acquires the lock, creates the directory, and removes unfinished files of a killed process.</summary>
    /// <returns>0, or -errno.</returns>
    public int Open()
    {
        int ensured = Ensure();
        if (ensured < 0) return ensured;
        foreach (string leftover in List("*" + SpoolFileName.UnfinishedSuffix)) Libc.Unlinkat(Libc.AT_FDCWD, FileLocation.WithNul(leftover));
        return 0;
    }

    /// <summary>Lists the spool files, oldest first. Ignores files with other names.</summary>
    /// <returns>Whether the directory could be listed.</returns>
    public bool TryScan(out List<SpoolFile> files)
    {
        files = [];
        if (TryList("*" + SpoolFileName.CommonSuffix) is not { } paths) return false;
        foreach (string path in paths)
        {
            if (!SpoolFileName.TryParse(System.IO.Path.GetFileName(path), out SpoolFileName name)) continue;
            if (Libc.Statx(Libc.AT_FDCWD, FileLocation.WithNul(path), out FileStatus status) < 0 || !status.IsRegularFile) continue;
            files.Add(new SpoolFile(name, status.Size, Modified(status)));
        }

        files.Sort(static (a, b) => a.Name.Sequence.CompareTo(b.Name.Sequence));
        return true;
    }

    /// <summary>The highest sequence of any file, including those set aside; 0 if there is none.</summary>
    public long LastSequence()
    {
        long last = 0;
        foreach (string path in List("*" + SpoolFileName.CommonSuffix + "*"))
        {
            string file = System.IO.Path.GetFileName(path);
            int end = file.LastIndexOf(SpoolFileName.CommonSuffix, StringComparison.Ordinal) + SpoolFileName.CommonSuffix.Length;
            if (SpoolFileName.TryParse(file[..end], out SpoolFileName name)) last = Math.Max(last, name.Sequence);
        }

        return last;
    }

    /// <summary>Writes a file completely or not at all.</summary>
    /// <returns>0, or -errno.</returns>
    public int Write(SpoolFileName name, ReadOnlySpan<byte> bytes)
    {
        int written = TryWrite(name, bytes);
        if (written != -Errno.ENOENT) return written;
        // The directory was removed. Its files are lost, but new ones can be written.
        int ensured = Ensure();
        return ensured < 0 ? ensured : TryWrite(name, bytes);
    }

    /// <summary>Syncs the files written since the last call with <see cref="SpoolSync.Interval"/>; otherwise does nothing.</summary>
    /// <returns>0, or the first -errno; files removed meanwhile are not an error.</returns>
    public int SyncAll()
    {
        if (_unsynced.Count == 0) return 0;
        int error = 0;
        foreach (string path in _unsynced)
        {
            int descriptor = Libc.Openat(Libc.AT_FDCWD, FileLocation.WithNul(path), Libc.O_NOFOLLOW);
            if (descriptor < 0) continue;
            int synced = Libc.Fsync(descriptor);
            if (synced < 0 && error == 0) error = synced;
            Libc.Close(descriptor);
        }

        _unsynced.Clear();
        int directory = SyncDirectory();
        return error < 0 ? error : directory;
    }

    /// <summary>Reads a file and verifies it by its name.</summary>
    /// <param name="name">The file.</param>
    /// <param name="buffer">Enlarged if it is too small.</param>
    /// <param name="length">The number of bytes read.</param>
    /// <param name="error">-errno with <see cref="SpoolReadResult.Failed"/>.</param>
    public SpoolReadResult Read(SpoolFileName name, ref byte[] buffer, out int length, out int error)
    {
        length = 0;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, PathOf(name), Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        error = Math.Min(0, descriptor);
        if (descriptor < 0) return descriptor == -Errno.ENOENT ? SpoolReadResult.Missing : descriptor == -Errno.ELOOP ? SpoolReadResult.Damaged : SpoolReadResult.Failed;
        try
        {
            error = Libc.Statx(descriptor, "\0"u8, out FileStatus status);
            if (error < 0) return SpoolReadResult.Failed;
            // gzip adds less than 0.1 % to incompressible data; a longer file was not written by this agent.
            if (!status.IsRegularFile || name.LineBytes > MaxLineBytes || status.Size > name.LineBytes + (name.LineBytes / 64) + 4096L) return SpoolReadResult.Damaged;
            if (buffer.Length < status.Size) buffer = new byte[status.Size];
            int read = Libc.PreadFully(descriptor, buffer.AsSpan(0, (int)status.Size));
            error = Math.Min(read, 0);
            if (read < 0) return SpoolReadResult.Failed;
            length = read;
            return Crc32C.Of(buffer.AsSpan(0, length)) == name.Crc32C ? SpoolReadResult.Whole : SpoolReadResult.Damaged;
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }

    /// <summary>Removes a file.</summary>
    /// <returns>0, or -errno.</returns>
    public int Remove(SpoolFileName name) => Libc.Unlinkat(Libc.AT_FDCWD, PathOf(name));

    /// <summary>Renames a file so that it is kept but not sent.</summary>
    /// <param name="name">The file.</param>
    /// <param name="suffix">Added to its name: <see cref="SpoolFileName.DamagedSuffix"/> or <see cref="SpoolFileName.RefusedSuffix"/>.</param>
    /// <param name="keep">Number of such files to keep; older ones are removed.</param>
    /// <param name="path">Its new path; the old one if the rename failed.</param>
    /// <returns>0, or -errno.</returns>
    public int SetAside(SpoolFileName name, string suffix, int keep, out string path)
    {
        path = System.IO.Path.Join(Path, name + suffix);
        int moved = Libc.Renameat2(Libc.AT_FDCWD, PathOf(name), Libc.AT_FDCWD, FileLocation.WithNul(path), 0);
        List<string> aside = [.. List("*" + suffix)];
        aside.Sort(StringComparer.Ordinal);
        for (int i = 0; i < aside.Count - keep; i++) Libc.Unlinkat(Libc.AT_FDCWD, FileLocation.WithNul(aside[i]));
        if (moved < 0) path = System.IO.Path.Join(Path, name.ToString());
        return moved;
    }

    // A timestamp can be any 64-bit number; a DateTime ends with the year 9999.
    private static DateTime Modified(in FileStatus status) =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp(status.ModifiedSeconds, 0, (DateTime.MaxValue - DateTime.UnixEpoch).TotalSeconds - 1));

    private int Ensure()
    {
        int locked = _lock.Ensure();
        if (locked < 0) return locked;
        int made = Libc.Mkdirat(Libc.AT_FDCWD, _pathWithNul, DirectoryMode);
        if (made == 0 && _sync != SpoolSync.Never) Sync(FileLocation.WithNul(_lock.Directory));
        return made == -Errno.EEXIST ? 0 : made;
    }

    private int TryWrite(SpoolFileName name, ReadOnlySpan<byte> bytes)
    {
        byte[] final = PathOf(name);
        byte[] aside = FileLocation.WithNul(System.IO.Path.Join(Path, name.Sequence + SpoolFileName.UnfinishedSuffix));
        int descriptor = Libc.Openat(Libc.AT_FDCWD, aside, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, FileMode);
        if (descriptor == -Errno.EEXIST && Libc.Unlinkat(Libc.AT_FDCWD, aside) == 0)
            descriptor = Libc.Openat(Libc.AT_FDCWD, aside, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, FileMode);
        if (descriptor < 0) return descriptor;

        int error = WriteAll(descriptor, bytes);
        if (error == 0 && _sync == SpoolSync.Always) error = Libc.Fsync(descriptor);
        int closed = Libc.Close(descriptor);
        if (error == 0) error = closed;
        if (error == 0) error = Libc.Renameat2(Libc.AT_FDCWD, aside, Libc.AT_FDCWD, final, 0);
        if (error < 0)
        {
            Libc.Unlinkat(Libc.AT_FDCWD, aside);
            return error;
        }

        if (_sync == SpoolSync.Interval) _unsynced.Add(System.IO.Path.Join(Path, name.ToString()));
        // The name is durable only after the directory is synced. If that fails, the file exists nevertheless.
        else if (_sync == SpoolSync.Always) SyncDirectory();
        return 0;
    }

    private static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int written = Libc.Write(descriptor, bytes);
            if (written == -Errno.EINTR) continue;
            if (written <= 0) return written == 0 ? -Errno.EIO : written;
            bytes = bytes[written..];
        }

        return 0;
    }

    private int SyncDirectory() => Sync(_pathWithNul);

    /// <summary>Syncs a directory.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Sync(byte[] directoryWithNul)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, directoryWithNul, Libc.O_DIRECTORY);
        if (descriptor < 0) return descriptor;
        int synced = Libc.Fsync(descriptor);
        Libc.Close(descriptor);
        return synced;
    }

    private byte[] PathOf(SpoolFileName name) => FileLocation.WithNul(System.IO.Path.Join(Path, name.ToString()));

    private IEnumerable<string> List(string pattern) => TryList(pattern) ?? [];

    private string[]? TryList(string pattern)
    {
        try
        {
            return Directory.GetFiles(Path, pattern);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
