using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadRaw(int descriptor, byte* buffer, nint count);

    /// <summary>read(2).</summary>
    /// <returns>The number of bytes read, 0 at the end, or -errno.</returns>
    internal static unsafe int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return (int)Result(ReadRaw(descriptor, start, buffer.Length));
    }
}
