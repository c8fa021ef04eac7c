using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>read(2).</summary>
    /// <returns>The number of bytes read, 0 at the end, or -errno.</returns>
    internal static unsafe int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return (int)Result((long)LibC.syscall(SystemCallNumbers.Read, descriptor, start, buffer.Length));
    }
}
