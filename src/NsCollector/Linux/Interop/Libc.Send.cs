using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>send(2) without flags.</summary>
    /// <returns>The number of bytes sent, or -errno.</returns>
    internal static unsafe int Send(int socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message) return (int)Result(LibC.send(socket, start, message.Length, 0));
    }
}
