using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>
    /// write(2). Writing fewer bytes is no error: after a full disk, a signal or a full pipe the next call returns the error.
    /// </summary>
    /// <returns>The number of bytes written, or -errno.</returns>
    internal static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return (int)Result(LibC.write(descriptor, start, bytes.Length));
    }
}
