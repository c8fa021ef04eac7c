using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>
/// The functions of the C library that Tmds.LibC 0.5.0 does not have or declares without what the agent needs. Every other
/// call goes through Tmds.Linux.LibC. Only this file imports from libc.so.6, and a test compares it with the package: remove
/// a declaration as soon as the package has it. Callers use the methods of <see cref="Libc"/>.
/// </summary>
internal static unsafe partial class LibcImports
{
    /// <summary>The name that Tmds.LibC imports from too, so that native AOT links both directly.</summary>
    internal const string Library = "libc.so.6";

    // Declared by the package without SetLastError: the reason for a failure would be lost.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(Libc.PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    // Declared by the package without SetLastError, as poll.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ppoll(Libc.PollDescriptor* descriptors, nuint count, Libc.Timespec* timeout, void* signals);

    // Not in the package: clocks.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, Libc.Timespec* time);

    // Not in the package: timers.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int timerfd_create(int clock, int flags);

    // Not in the package: timers.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int timerfd_settime(int descriptor, int flags, Libc.TimerSpecification* value, Libc.TimerSpecification* old);

    // Not in the package: directory entries (it has neither getdents64 nor readdir).
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getdents64(int descriptor, byte* buffer, nint count);

    // Not in the package: inotify.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    // Not in the package: inotify.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_add_watch(int inotify, byte* path, uint mask);

    // Not in the package: inotify.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_rm_watch(int inotify, int watch);

    // Not in the package: prctl.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    // Not in the package: capabilities.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capset(uint* header, uint* data);

    // Not in the package: the groups of a user.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getgrouplist(byte* user, uint group, uint* groups, int* count);

    // Not in the package: renaming of any kind.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int renameat2(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, uint flags);

    // Not in the package: resource limits.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getrlimit(int resource, Libc.Rlimit* limit);

    // Not in the package: resource limits.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setrlimit(int resource, Libc.Rlimit* limit);

    // Not in the package: priorities.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpriority(int which, uint who, int nice);
}
