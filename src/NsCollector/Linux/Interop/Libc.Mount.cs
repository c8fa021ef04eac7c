using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int MS_RDONLY => (int)(ulong)LibC.MS_RDONLY;
    internal static int MS_NOSUID => (int)(ulong)LibC.MS_NOSUID;
    internal static int MS_NODEV => (int)(ulong)LibC.MS_NODEV;
    internal static int MS_NOEXEC => (int)(ulong)LibC.MS_NOEXEC;
    internal static int MS_REMOUNT => (int)(ulong)LibC.MS_REMOUNT;
    internal static int MS_BIND => (int)(ulong)LibC.MS_BIND;
    internal static int MS_REC => (int)(ulong)LibC.MS_REC;
    internal static int MS_SLAVE => (int)(ulong)LibC.MS_SLAVE;

    /// <summary>mount(2).</summary>
    /// <param name="source">A path, or the name of a file system type; null if the flags need none.</param>
    /// <param name="target">The mount point.</param>
    /// <param name="type">The type of a new file system; else null.</param>
    /// <param name="flags">MS_ flags.</param>
    /// <param name="data">Options of the file system; null for none.</param>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Mount(string? source, string target, string? type, int flags, string? data = null)
    {
        fixed (byte* from = source is null ? null : WithNul(source))
        fixed (byte* to = WithNul(target))
        fixed (byte* kind = type is null ? null : WithNul(type))
        fixed (byte* options = data is null ? null : WithNul(data))
            return Result(LibC.mount(from, to, kind, (ulong_t)(ulong)flags, options));
    }
}
