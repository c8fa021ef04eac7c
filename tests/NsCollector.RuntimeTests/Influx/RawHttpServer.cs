using System.Net;
using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Listens on loopback and serves each connection on a thread of its own, request by request.</summary>
internal abstract class RawHttpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<RawHttpConnection> _connections = [];
    private readonly List<Exception> _defects = [];
    private bool _ended;

    private protected RawHttpServer() => _listener.Start();

    /// <summary>Its address.</summary>
    internal string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Serves from now on. Not in the constructor, as what serves is the derived class.</summary>
    private protected void Serve() => new Thread(Accept) { IsBackground = true, Name = "accept" }.Start();

    /// <summary>Serves one request, of which the head has been read.</summary>
    /// <returns>Whether the connection serves the next one.</returns>
    private protected abstract bool Handle(RawHttpConnection connection, RawHttpMessage head);

    /// <summary>Ends all connections.</summary>
    /// <exception cref="AggregateException">The server itself had a defect.</exception>
    public void Dispose()
    {
        lock (_connections)
        {
            _ended = true;
            _listener.Stop();
            foreach (RawHttpConnection connection in _connections)
                connection.Dispose();
        }

        lock (_defects)
        {
            if (_defects.Count > 0)
                throw new AggregateException(_defects);
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket accepted = _listener.AcceptSocket();
                RawHttpConnection connection;
                try
                {
                    connection = new RawHttpConnection(accepted);
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // It was reset meanwhile, which ends no other.
                    accepted.Dispose();
                    continue;
                }

                lock (_connections)
                {
                    if (_ended)
                        connection.Dispose();
                    else
                        _connections.Add(connection);
                }

                new Thread(() => Converse(connection)) { IsBackground = true, Name = "connection" }.Start();
            }
        }
        catch (Exception e)
        {
            // Once it is stopped the listener throws one of several, by what this thread was about to do.
            lock (_connections)
            {
                if (_ended)
                    return;
            }

            lock (_defects)
                _defects.Add(e);
        }
    }

    private void Converse(RawHttpConnection connection)
    {
        try
        {
            while (connection.ReadHead() is { } head && Handle(connection, head))
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The other end broke it off, as it may.
        }
        catch (Exception e)
        {
            lock (_defects)
                _defects.Add(e);
        }

        lock (_connections)
            _connections.Remove(connection);
        connection.Dispose();
    }
}
