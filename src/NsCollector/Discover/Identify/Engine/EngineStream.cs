using System.Net.Sockets;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// A connection whose reads end in time: at a deadline for all of an answer, which a byte a second does not move, or for
/// as long as a heartbeat says that the daemon lives. Reads block in poll(2) on the thread that reads; there is no timer,
/// and no other thread wakes.
/// </summary>
internal sealed class EngineStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private const int MaxWaitMilliseconds = 60 * 60 * 1000;

    private Func<long>? _beat;
    private long _nextBeat;

    /// <summary>When reading fails, in <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>From now on there is no deadline, and the heartbeat is called when it is due, before more is read.</summary>
    /// <param name="first">When it is due first.</param>
    /// <param name="beat">Says when it is due again. What it throws ends the read.</param>
    internal void BeatFrom(long first, Func<long> beat)
    {
        Deadline = long.MaxValue;
        _nextBeat = first;
        _beat = beat;
    }

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

    /// <exception cref="IOException">Its cause is a <see cref="SocketException"/>, TimedOut where the deadline has passed.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            long now = Environment.TickCount64;
            if (now >= Deadline) throw Failed(SocketError.TimedOut);
            if (_beat is { } beat && now >= _nextBeat)
            {
                _nextBeat = beat();
                continue;
            }

            long until = _beat is null ? Deadline : _nextBeat;
            TimeSpan wait = TimeSpan.FromMilliseconds(Math.Min(until - now, MaxWaitMilliseconds));
            try
            {
                if (!Socket.Poll(wait, SelectMode.SelectRead)) continue;
                int read = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
                return error == SocketError.Success ? read : throw Failed(error);
            }
            catch (SocketException e)
            {
                throw Failed(e.SocketErrorCode);
            }
        }
    }

    private static IOException Failed(SocketError error) => new("the Engine API cannot be read", new SocketException((int)error));
}
