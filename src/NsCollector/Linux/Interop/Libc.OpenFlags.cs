using Tmds.Linux;

namespace NsCollector.Linux.Interop;

/// <remarks>
/// O_DIRECTORY and O_NOFOLLOW differ between architectures. The package has an assembly for each, and its constants are
/// properties: the compiler does not copy the values of the assembly that it compiled against.
/// </remarks>
internal static partial class Libc
{
    /// <summary>A constant, because it is a default argument.</summary>
    internal const int O_RDONLY = 0;

    internal static int O_WRONLY => LibC.O_WRONLY;
    internal static int O_RDWR => LibC.O_RDWR;
    internal static int O_CREAT => LibC.O_CREAT;
    internal static int O_EXCL => LibC.O_EXCL;
    internal static int O_APPEND => LibC.O_APPEND;
    internal static int O_NONBLOCK => LibC.O_NONBLOCK;
    internal static int O_CLOEXEC => LibC.O_CLOEXEC;
    internal static int O_DIRECTORY => LibC.O_DIRECTORY;
    internal static int O_NOFOLLOW => LibC.O_NOFOLLOW;
    internal static int O_NOATIME => LibC.O_NOATIME;
    internal static int O_PATH => LibC.O_PATH;
}
