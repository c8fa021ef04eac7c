using Microsoft.AspNetCore.Connections;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Http;

/// <summary>Counts the open connections of a server. Any thread may use it.</summary>
/// <param name="max">Maximum number of connections.</param>
/// <param name="counters">Counts refused connections.</param>
internal sealed class OpenConnections(int max, AgentCounters counters)
{
    private int _open;

    /// <summary>Whether few connections are left. Then a response ends its connection, instead of leaving it idle for the next request.</summary>
    internal bool IsCrowded => Volatile.Read(ref _open) > max - (max / 4);

    /// <summary>Counts a connection until it is closed.</summary>
    /// <returns>False if there are too many. It is then not counted, and the caller closes it.</returns>
    internal bool TryAdd(ConnectionContext connection)
    {
        if (Interlocked.Increment(ref _open) > max)
        {
            Interlocked.Decrement(ref _open);
            counters.Add(AgentCounter.HttpConnectionsRefused);
            return false;
        }

        connection.ConnectionClosed.UnsafeRegister(static open => Interlocked.Decrement(ref ((OpenConnections)open!)._open), this);
        return true;
    }
}
