using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>eventfd(2): a counter, starting at 0, for poll(2). Close-on-exec and non-blocking.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int Eventfd() => Result(LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK));
}
