using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>
    /// write(2). Fewer bytes than asked for is no error by itself: a full disk, a signal or a full pipe says so on the next call.
    /// </summary>
    /// <returns>The number of bytes written, or -errno.</returns>
    internal static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return (int)Result(LibC.write(descriptor, start, bytes.Length));
    }
}
