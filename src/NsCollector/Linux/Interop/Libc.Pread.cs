using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>pread(2). kernfs renders a file again at offset 0; a short read is not the end of the file.</summary>
    /// <returns>The number of bytes read, 0 at the end, or -errno.</returns>
    internal static unsafe int Pread(int descriptor, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer) return (int)Result(LibC.pread(descriptor, start, buffer.Length, offset));
    }
}
