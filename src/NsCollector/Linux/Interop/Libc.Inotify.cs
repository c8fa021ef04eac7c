namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const uint IN_MOVED_FROM = 0x40;
    internal const uint IN_MOVED_TO = 0x80;
    internal const uint IN_CREATE = 0x100;
    internal const uint IN_DELETE = 0x200;
    internal const uint IN_Q_OVERFLOW = 0x4000;
    internal const uint IN_IGNORED = 0x8000;
    internal const uint IN_ONLYDIR = 0x1000000;
    internal const uint IN_ISDIR = 0x40000000;

    private const int IN_CLOEXEC = 0x80000;
    private const int IN_NONBLOCK = 0x800;

    /// <summary>inotify_init1(2): close-on-exec and non-blocking.</summary>
    /// <returns>A descriptor, or -errno (also EMFILE if the user already has fs.inotify.max_user_instances).</returns>
    internal static int InotifyInit() => Result(LibcImports.inotify_init1(IN_CLOEXEC | IN_NONBLOCK));

    /// <summary>inotify_add_watch(2).</summary>
    /// <param name="inotify">From <see cref="InotifyInit"/>.</param>
    /// <param name="pathWithNul">The directory.</param>
    /// <param name="mask">IN_… flags.</param>
    /// <returns>The watch descriptor (the same again if the directory is already watched), or -errno; ENOSPC: fs.inotify.max_user_watches.</returns>
    internal static unsafe int InotifyAddWatch(int inotify, ReadOnlySpan<byte> pathWithNul, uint mask)
    {
        fixed (byte* path = pathWithNul) return Result(LibcImports.inotify_add_watch(inotify, path, mask));
    }

    /// <summary>inotify_rm_watch(2).</summary>
    /// <returns>0, or -errno; EINVAL if its directory was removed, which ended the watch.</returns>
    internal static int InotifyRemoveWatch(int inotify, int watch) => Result(LibcImports.inotify_rm_watch(inotify, watch));
}
