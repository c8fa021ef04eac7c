using System.Net;
using System.Net.Sockets;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// One connection to a daemon, kept for one request after the other; when it is cut it is over, and never made anew in
/// here. Used by one thread, which all its calls block; <see cref="Abort"/> from any.
/// </summary>
/// <remarks>
/// HTTP is the framework's, and called synchronously, so that its reads happen on the calling thread, in
/// <see cref="EngineStream"/>. Only when a connection is handed over does it run something on the pool, for microseconds.
/// </remarks>
internal sealed class EngineConnection : IDisposable
{
    private const int MaxHeadersKiB = 32;

    private readonly EngineStream _stream;
    private readonly HttpClient _http;
    private Stream? _handedOver;

    private EngineConnection(Socket socket)
    {
        _stream = new EngineStream(socket);
        _handedOver = _stream;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = MaxHeadersKiB,
            MaxResponseDrainSize = 0,
            // The pool looks after idle connections four times in this time, on threads of its own: there is nothing to look after.
            PooledConnectionIdleTimeout = TimeSpan.FromDays(1),
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectCallback = HandOver,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Connects.</summary>
    /// <param name="socketPath">At most 107 bytes.</param>
    /// <param name="timeout">How long connecting may take, where the daemon's queue of connections is full.</param>
    /// <exception cref="SocketException">It cannot be connected to.</exception>
    /// <exception cref="ArgumentException">The path is too long.</exception>
    internal static EngineConnection Open(string socketPath, TimeSpan timeout)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // unix(7): a blocking connect waits for room in the queue as long as a send waits (net/unix/af_unix.c, sock_sndtimeo).
            socket.SendTimeout = (int)Math.Max(1, timeout.TotalMilliseconds);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            return new EngineConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a GET and reads the answer's head; its body is read by the caller, under the same deadline.</summary>
    /// <param name="target">Path and query.</param>
    /// <param name="timeout">For the whole answer, body included.</param>
    internal HttpResponseMessage Get(string target, TimeSpan timeout)
    {
        _stream.Deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        using HttpRequestMessage request = new(HttpMethod.Get, "http://localhost" + target);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", "nscollector");
        return _http.Send(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <inheritdoc cref="EngineStream.BeatFrom"/>
    internal void BeatFrom(long first, Func<long> beat) => _stream.BeatFrom(first, beat);

    /// <summary>Ends whatever waits, from any thread.</summary>
    internal void Abort() => _stream.Abort();

    public void Dispose()
    {
        _http.Dispose();
        _stream.Dispose();
    }

    private ValueTask<Stream> HandOver(SocketsHttpConnectionContext context, CancellationToken cancel) =>
        Interlocked.Exchange(ref _handedOver, null) is { } stream
            ? ValueTask.FromResult(stream)
            : ValueTask.FromException<Stream>(new IOException("the connection was closed"));
}
