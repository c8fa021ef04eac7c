using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int IN_NONBLOCK = 0x800;
    internal const int IN_CLOEXEC = O_CLOEXEC;

    [LibraryImport(Library, EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInitRaw(int flags);

    /// <summary>inotify_init1(2), close-on-exec and non-blocking.</summary>
    /// <returns>A descriptor, or -errno: -EMFILE where fs.inotify.max_user_instances is reached.</returns>
    internal static int InotifyInit() => Result(InotifyInitRaw(IN_NONBLOCK | IN_CLOEXEC));
}
