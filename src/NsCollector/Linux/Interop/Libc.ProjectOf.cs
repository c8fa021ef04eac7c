using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    // _IOR('X', 31, struct fsxattr) of include/uapi/linux/fs.h.
    private const int FS_IOC_FSGETXATTR = unchecked((int)0x801c581f);

    // FS_XFLAG_PROJINHERIT.
    private const uint ProjectInherit = 0x200;

    /// <summary>The project of a directory for quotas (ioctl FS_IOC_FSGETXATTR).</summary>
    /// <param name="descriptor">The directory; not opened with O_PATH.</param>
    /// <param name="project">Receives the number of the project; 0 if it has none.</param>
    /// <param name="isInherited">Receives whether what is created in the directory belongs to the project too.</param>
    /// <returns>0, or -errno: -ENOTTY if the file system knows no projects.</returns>
    internal static unsafe int ProjectOf(int descriptor, out uint project, out bool isInherited)
    {
        FileAttributes attributes = default;
        int result = Result(LibC.ioctl(descriptor, FS_IOC_FSGETXATTR, &attributes));
        (project, isInherited) = (attributes.Project, (attributes.Flags & ProjectInherit) != 0);
        return result;
    }

    /// <summary>struct fsxattr.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 28)]
    private struct FileAttributes
    {
        [FieldOffset(0)] internal uint Flags;
        [FieldOffset(12)] internal uint Project;
    }
}
