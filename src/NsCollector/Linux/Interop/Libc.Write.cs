using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteRaw(int descriptor, byte* buffer, nint count);

    /// <summary>
    /// write(2). Fewer bytes than asked for is no error by itself: a full disk, a signal or a full pipe says so on the next call.
    /// </summary>
    /// <returns>The number of bytes written, or -errno.</returns>
    internal static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return (int)Result(WriteRaw(descriptor, start, bytes.Length));
    }
}
