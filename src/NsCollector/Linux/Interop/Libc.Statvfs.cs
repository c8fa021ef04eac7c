using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>statvfs(3): the space that an unprivileged user may still use in the file system of a path.</summary>
    /// <param name="path">A path; symbolic links are followed.</param>
    /// <param name="availableBytes">Receives the free space, in bytes.</param>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Statvfs(string path, out ulong availableBytes)
    {
        statvfs space = default;
        int result;
        fixed (byte* bytes = WithNul(path)) result = Result(LibC.statvfs(bytes, &space));
        availableBytes = result < 0 ? 0 : (ulong)space.f_bavail * (ulong)space.f_frsize;
        return result;
    }
}
