using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// One agent's right to a spool: a lock (fcntl, OFD) on the file <c>lock</c> in its directory, which goes with the process
/// however it ends. Any thread may ask.
/// </summary>
internal sealed class SpoolLock : IDisposable
{
    /// <summary>The name of the lock's file.</summary>
    internal const string FileName = "lock";

    private readonly FileLocation _location;
    private readonly object _gate = new();
    private int _descriptor = -1;
    private FileStatus _identity;

    /// <summary>Knows where the lock is; takes nothing yet.</summary>
    /// <param name="directory">The spool's directory.</param>
    internal SpoolLock(string directory)
    {
        Directory = Path.GetFullPath(directory);
        _location = new FileLocation(Path.Join(Directory, FileName));
    }

    /// <summary>The spool's directory.</summary>
    internal string Directory { get; }

    /// <summary>
    /// Sees to it that this process has the lock, and makes the spool's directory where it is missing: also again, after
    /// somebody has removed it. Its parent must exist (an unmounted disk is not to be filled up below its mount point).
    /// </summary>
    /// <returns>0; -EAGAIN where another process has it; another -errno where the directory cannot be written.</returns>
    internal int Ensure()
    {
        lock (_gate)
        {
            if (_descriptor >= 0)
            {
                if (Libc.Statx(Libc.AT_FDCWD, _location.PathWithNul, out FileStatus there) == 0 && there.IsSameFile(_identity)) return 0;
                Release();
            }

            int made = Libc.Mkdirat(Libc.AT_FDCWD, _location.DirectoryWithNul, 0b111_101_000);
            if (made < 0 && made != -Errno.EEXIST) return made;
            if (made == 0) SpoolDirectory.Sync(FileLocation.WithNul(Path.GetDirectoryName(Directory) ?? "/"));
            int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK;
            int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, flags, 0b110_100_000);
            if (descriptor < 0) return descriptor;
            int locked = Libc.LockWholeFile(descriptor);
            if (locked is -Errno.EACCES) locked = -Errno.EAGAIN;
            // Any other failure: a file system without locks, on which we go on without.
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

    /// <summary>The process that has the lock, as it wrote itself; null where that cannot be read.</summary>
    internal int? HolderPid()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (descriptor < 0) return null;
        Span<byte> text = stackalloc byte[16];
        int read = Libc.Read(descriptor, text);
        Libc.Close(descriptor);
        return read > 0 && int.TryParse(text[..read].TrimEnd((byte)'\n'), out int pid) ? pid : null;
    }

    /// <summary>Whether some process, this one included, has the lock; takes and makes nothing.</summary>
    internal bool IsHeld()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _location.PathWithNul, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (descriptor < 0) return false;
        int locked = Libc.IsWholeFileLocked(descriptor);
        Libc.Close(descriptor);
        return locked == 1;
    }

    /// <summary>Gives the lock up.</summary>
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
