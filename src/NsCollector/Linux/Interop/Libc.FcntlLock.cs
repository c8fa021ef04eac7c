using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int F_OFD_GETLK = 36;
    private const int F_OFD_SETLK = 37;
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;

    /// <summary>struct flock of 64-bit Linux (include/uapi/asm-generic/fcntl.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Process;
    }

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static unsafe partial int FcntlLockRaw(int descriptor, int command, FileLock* fileLock);

    /// <summary>
    /// fcntl(2) F_OFD_SETLK: a write lock on a whole file, without waiting. It is the open file's, so it goes with the last
    /// descriptor, also after kill -9, and two descriptors of one process exclude each other. Not flock(2), which .NET
    /// takes for every file that it opens: its readers would be refused as long as we hold one.
    /// </summary>
    /// <returns>0, -EAGAIN or -EACCES where somebody else has it, or another -errno.</returns>
    internal static unsafe int LockWholeFile(int descriptor)
    {
        FileLock whole = new() { Type = F_WRLCK };
        return Result(FcntlLockRaw(descriptor, F_OFD_SETLK, &whole));
    }

    /// <summary>fcntl(2) F_OFD_GETLK: whether another open file than this one has the lock that <see cref="LockWholeFile"/> takes. Takes none.</summary>
    /// <returns>1 or 0, or -errno.</returns>
    internal static unsafe int IsWholeFileLocked(int descriptor)
    {
        FileLock whole = new() { Type = F_WRLCK };
        int asked = Result(FcntlLockRaw(descriptor, F_OFD_GETLK, &whole));
        return asked < 0 ? asked : whole.Type == F_UNLCK ? 0 : 1;
    }
}
