using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventfdRaw(uint initial, int flags);

    /// <summary>eventfd(2): a counter, starting at 0, that poll(2) waits for. Neither inherited nor blocking.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int Eventfd() => Result(EventfdRaw(0, EFD_CLOEXEC | EFD_NONBLOCK));
}
