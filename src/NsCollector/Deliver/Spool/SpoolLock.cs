using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// Makes sure that only one agent uses a spool: a lock (fcntl, OFD) on the file <c>lock</c> in its directory. The kernel releases
/// it when the process ends. Thread-safe.
/// </summary>
internal sealed class SpoolLock : IDisposable
{
    /// <summary>The name of the lock file.</summary>
    internal const string FileName = "lock";

    private readonly FileLocation _location;
    private readonly object _gate = new();
    private int _descriptor = -1;
    private FileStatus _identity;

    /// <summary>Does not lock yet.</summary>
    /// <param name="directory">The spool's directory.</param>
    internal SpoolLock(string directory)
    {
        Directory = Path.GetFullPath(directory);
        _location = new FileLocation(Path.Join(Directory, FileName));
    }

    /// <summary>The spool's directory.</summary>
    internal string Directory { get; }

    /// <summary>
    /// Acquires the lock if this process does not hold it, and creates the spool's directory if it is missing or was removed. Its
    /// parent must exist, so that nothing is written below the mount point of an unmounted disk.
    /// </summary>
    /// <returns>0; -EAGAIN if another process holds the lock; another -errno if the directory is not writable.</returns>
    internal int Ensure()
    {
        lock (_gate)
        {
            if (_descriptor >= 0)
            {
                if (Libc.Statx(Libc.AT_FDCWD, _location.PathWithNul, out FileStatus there) == 0 && there.IsSameFile(_identity)) return 0;
                Release();
            }

            int made = _location.MakeDirectory();
            if (made < 0 && made != -Errno.EEXIST) return made;
            if (made == 0) SpoolDirectory.Sync(FileLocation.WithNul(Path.GetDirectoryName(Directory) ?? "/"));
            int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK;
            int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, flags, 0b110_100_000);
            if (descriptor < 0) return descriptor;
            int locked = Libc.LockWholeFile(descriptor);
            if (locked is -Errno.EACCES) locked = -Errno.EAGAIN;
            // Any other error: the file system has no locks; continue without one.
            if (locked == -Errno.EAGAIN || Libc.Statx(descriptor, "\0"u8, out _identity) < 0)
            {
                Libc.Close(descriptor);
                return locked < 0 ? locked : -Errno.EIO;
            }

            _descriptor = descriptor;
            if (Libc.Ftruncate(descriptor, 0) == 0) Libc.Write(descriptor, Encoding.ASCII.GetBytes(Environment.ProcessId + "\n"));
            return 0;
        }
    }

    /// <summary>The id of the process that holds the lock, read from the lock file; null if it cannot be read.</summary>
    internal int? HolderPid()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (descriptor < 0) return null;
        Span<byte> text = stackalloc byte[16];
        int read = Libc.Read(descriptor, text);
        Libc.Close(descriptor);
        return read > 0 && int.TryParse(text[..read].TrimEnd((byte)'\n'), out int pid) ? pid : null;
    }

    /// <summary>Whether any process, including this one, holds the lock. Changes nothing.</summary>
    internal bool IsHeld()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (descriptor < 0) return false;
        int locked = Libc.IsWholeFileLocked(descriptor);
        Libc.Close(descriptor);
        return locked == 1;
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose()
    {
        lock (_gate) Release();
    }

    private void Release()
    {
        if (_descriptor >= 0) Libc.Close(_descriptor);
        _descriptor = -1;
    }
}
