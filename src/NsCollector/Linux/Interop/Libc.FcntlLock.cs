using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>
    /// fcntl(2) F_OFD_SETLK: a write lock on a whole file, without waiting. It belongs to the open file description, so the
    /// kernel releases it with the last descriptor, also after kill -9, and two descriptors of one process exclude each other.
    /// Not flock(2), which .NET uses for every file that it opens: a .NET program could not open the file for reading.
    /// </summary>
    /// <returns>0, -EAGAIN or -EACCES if another open file has the lock, or another -errno.</returns>
    internal static unsafe int LockWholeFile(int descriptor)
    {
        flock whole = new() { l_type = (short)LibC.F_WRLCK };
        return Result(LibC.fcntl(descriptor, LibC.F_OFD_SETLK, &whole));
    }

    /// <summary>fcntl(2) F_OFD_GETLK: whether another open file has the lock of <see cref="LockWholeFile"/>. Does not lock.</summary>
    /// <returns>1 or 0, or -errno.</returns>
    internal static unsafe int IsWholeFileLocked(int descriptor)
    {
        flock whole = new() { l_type = (short)LibC.F_WRLCK };
        int result = Result(LibC.fcntl(descriptor, LibC.F_OFD_GETLK, &whole));
        return result < 0 ? result : whole.l_type == LibC.F_UNLCK ? 0 : 1;
    }
}
