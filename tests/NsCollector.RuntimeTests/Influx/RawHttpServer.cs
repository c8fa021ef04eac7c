using System.Net;
using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Listens on 127.0.0.1 and serves each connection on its own thread, one request after the other.</summary>
internal abstract class RawHttpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<RawHttpConnection> _connections = [];
    private readonly List<Exception> _defects = [];
    private bool _ended;

    private protected RawHttpServer() => _listener.Start();

    /// <summary>Its address.</summary>
    internal string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Starts serving. Not part of the constructor, because the derived class serves.</summary>
    private protected void Serve() => new Thread(Accept) { IsBackground = true, Name = "accept" }.Start();

    /// <summary>Serves one request whose head has been read.</summary>
    /// <returns>Whether to serve the next request of the connection.</returns>
    private protected abstract bool Handle(RawHttpConnection connection, RawHttpMessage head);

    /// <summary>Closes all connections.</summary>
    /// <exception cref="AggregateException">A thread of the server failed.</exception>
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
                    // The connection was reset; the others continue.
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

                new Thread(() => ServeConnection(connection)) { IsBackground = true, Name = "connection" }.Start();
            }
        }
        catch (Exception e)
        {
            // A stopped listener throws one of several exceptions, depending on what this thread was doing.
            lock (_connections)
            {
                if (_ended)
                    return;
            }

            lock (_defects)
                _defects.Add(e);
        }
    }

    private void ServeConnection(RawHttpConnection connection)
    {
        try
        {
            while (connection.ReadHead() is { } head && Handle(connection, head))
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The other end closed the connection.
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
