using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>statvfs(3): the space that an unprivileged user may still use in the file system of a path.</summary>
    /// <param name="path">A path; symbolic links are followed.</param>
    /// <param name="availableBytes">Receives the free space, in bytes.</param>
    /// <returns>0, or -errno.</returns>
    internal static int Statvfs(string path, out ulong availableBytes)
    {
        int result = Statvfs(WithNul(path), out FileSystemSpace space);
        availableBytes = space.AvailableBytes;
        return result;
    }

    /// <summary>statvfs(3). Does not return while the file system does not answer.</summary>
    /// <param name="pathWithNul">A path that ends in a NUL byte; symbolic links are followed.</param>
    /// <param name="space">Receives the figures of the file system.</param>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Statvfs(ReadOnlySpan<byte> pathWithNul, out FileSystemSpace space)
    {
        statvfs found = default;
        int result;
        fixed (byte* bytes = pathWithNul) result = Result(LibC.statvfs(bytes, &found));
        space = result < 0 ? default : SpaceOf(found);
        return result;
    }

    /// <summary>fstatvfs(3); also of a descriptor that was opened with O_PATH.</summary>
    /// <param name="descriptor">Any file or directory of the file system.</param>
    /// <param name="space">Receives the figures of the file system.</param>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Fstatvfs(int descriptor, out FileSystemSpace space)
    {
        statvfs found = default;
        int result = Result(LibC.fstatvfs(descriptor, &found));
        space = result < 0 ? default : SpaceOf(found);
        return result;
    }

    private static FileSystemSpace SpaceOf(in statvfs found)
    {
        ulong unit = (ulong)found.f_frsize;
        return new FileSystemSpace(
            (ulong)found.f_blocks * unit, (ulong)found.f_bfree * unit, (ulong)found.f_bavail * unit, (ulong)found.f_files, (ulong)found.f_ffree,
            ((ulong)found.f_flag & (ulong)LibC.ST_RDONLY) != 0);
    }
}
