using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int NETLINK_GENERIC = 16;

    /// <summary>socket(2): a socket of generic netlink. Close-on-exec and non-blocking.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int GenericNetlinkSocket() => Result(LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, NETLINK_GENERIC));
}
