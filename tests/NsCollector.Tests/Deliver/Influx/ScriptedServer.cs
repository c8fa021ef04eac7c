using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.Tests.Deliver.Influx;

/// <summary>
/// A server of the test's own, below HTTP: it reads requests byte by byte and does with the connection whatever the test
/// says. On loopback or on a unix socket, one connection after the other.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly Socket _listener;
    private readonly Func<Connection, Task> _script;
    private readonly Func<Stream, Task<Stream>>? _wrap;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="script">What is done with each connection; it is closed (reset where unread bytes are left) afterwards.</param>
    /// <param name="unixSocket">The socket's path; null for loopback.</param>
    /// <param name="wrap">Puts TLS on it.</param>
    public ScriptedServer(Func<Connection, Task> script, string? unixSocket = null, Func<Stream, Task<Stream>>? wrap = null)
    {
        _script = script;
        _wrap = wrap;
        _listener = unixSocket is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(unixSocket is null ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(unixSocket));
        _listener.Listen();
        _ = Accept();
    }

    /// <summary>The requests so far, head and body, in order.</summary>
    public List<Request> Requests { get; } = [];

    /// <summary>How many connections there were.</summary>
    public int Connections { get; private set; }

    /// <summary>The port on loopback.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The server's address.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>A server that reads each request and answers it with the same bytes, on connections that are kept.</summary>
    public static ScriptedServer Answering(string answer, string? unixSocket = null, Func<Stream, Task<Stream>>? wrap = null) =>
        new(
            async connection =>
            {
                while (await connection.ReadHead())
                {
                    await connection.ReadBody();
                    await connection.Write(answer);
                }
            },
            unixSocket,
            wrap);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            Connections++;
            _ = Serve(socket);
        }
    }

    private async Task Serve(Socket socket)
    {
        using (socket)
        {
            try
            {
                Stream stream = new NetworkStream(socket);
                if (_wrap is not null) stream = await _wrap(stream);
                await _script(new Connection(stream, Requests, _stop.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    /// <summary>One request as it came.</summary>
    internal sealed class Request
    {
        public required string Line { get; init; }

        public required IReadOnlyList<(string Name, string Value)> Headers { get; init; }

        public byte[] Body { get; set; } = [];

        /// <summary>The only value of a header; null for none.</summary>
        public string? Header(string name) =>
            Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).SingleOrDefault();
    }

    /// <summary>One connection.</summary>
    internal sealed class Connection(Stream stream, List<Request> requests, CancellationToken stop)
    {
        private Request? _request;

        public CancellationToken Stop => stop;

        /// <summary>The request line that was read last.</summary>
        public string Line => _request!.Line;

        /// <summary>Reads up to the empty line.</summary>
        /// <returns>False where the client closed it before.</returns>
        public async Task<bool> ReadHead()
        {
            List<byte> head = [];
            byte[] one = new byte[1];
            while (!(head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
            {
                if (await stream.ReadAsync(one, stop) == 0) return false;
                head.Add(one[0]);
            }
            string[] lines = Encoding.Latin1.GetString(head.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            _request = new Request
            {
                Line = lines[0],
                Headers = [.. lines[1..].Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts[1]))],
            };
            lock (requests) requests.Add(_request);
            return true;
        }

        /// <summary>Reads as much of the body as the head promises, or so many bytes of it; asks for it first where the client waits to be asked.</summary>
        public async Task ReadBody(int? bytes = null)
        {
            int length = bytes ?? int.Parse(_request!.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture);
            if (_request!.Header("Expect") == "100-continue") await Write("HTTP/1.1 100 Continue\r\n\r\n");
            byte[] body = new byte[length];
            await stream.ReadExactlyAsync(body, stop);
            _request.Body = body;
        }

        public async Task Write(string text)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), stop);
            await stream.FlushAsync(stop);
        }

        /// <summary>Whether the client sends anything more within a moment.</summary>
        public async Task<bool> IsSilent()
        {
            using CancellationTokenSource moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
            moment.CancelAfter(300);
            try
            {
                return await stream.ReadAsync(new byte[1], moment.Token) == 0;
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        }
    }
}
