using System.Net.Sockets;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// A connection whose reads end at a deadline for the whole answer, which a byte a second does not move. Reads block in
/// poll(2) on the thread that reads; there is no timer, and no other thread wakes.
/// </summary>
internal sealed class EngineStream(Socket socket, EngineClient client) : NetworkStream(socket, ownsSocket: true)
{
    private const int MaxWaitMilliseconds = 60 * 60 * 1000;

    /// <summary>Ends whatever reads or writes, from any thread.</summary>
    internal void Abort()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="IOException">Its cause is a <see cref="SocketException"/>, TimedOut if the deadline has passed.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            while (client.DeadlineMs - Environment.TickCount64 is > 0 and var left)
            {
                if (!Socket.Poll(TimeSpan.FromMilliseconds(Math.Min(left, MaxWaitMilliseconds)), SelectMode.SelectRead)) continue;
                int read = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
                return error == SocketError.Success ? read : throw Failed(error);
            }
        }
        catch (SocketException e)
        {
            throw Failed(e.SocketErrorCode);
        }

        throw Failed(SocketError.TimedOut);
    }

    protected override void Dispose(bool disposing)
    {
        client.Forget(this);
        base.Dispose(disposing);
    }

    private static IOException Failed(SocketError error) => new("the Engine API cannot be read", new SocketException((int)error));
}
