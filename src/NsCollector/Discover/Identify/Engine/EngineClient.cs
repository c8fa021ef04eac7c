using System.Net;
using System.Net.Sockets;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// HTTP over a daemon's socket. Its calls block, and belong to one thread; <see cref="Abort"/> from any.
/// </summary>
/// <remarks>
/// HttpClient keeps the connections and replaces those that the daemon has closed. It is called synchronously, so that reads
/// happen on the calling thread, in <see cref="EngineStream"/>; only new connections need its pool, for microseconds.
/// </remarks>
internal sealed class EngineClient : IDisposable
{
    private const int MaxHeadersKiB = 32;

    private readonly EngineOptions _options;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private readonly HashSet<EngineStream> _open = [];
    private EngineStream? _first;
    private bool _isAborted;

    /// <summary>Connects on the calling thread.</summary>
    /// <exception cref="SocketException">The socket refuses the connection.</exception>
    /// <exception cref="ArgumentException">The path of the socket is longer than 107 bytes.</exception>
    internal EngineClient(EngineOptions options)
    {
        _options = options;
        _first = Connect();
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MaxHeadersKiB,
            MaxResponseDrainSize = 0,
            // HttpClient checks idle connections four times in this time, on other threads. There is nothing to check.
            PooledConnectionIdleTimeout = TimeSpan.FromDays(1),
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(Interlocked.Exchange(ref _first, null) ?? Connect()),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>When reading fails, in <see cref="Environment.TickCount64"/>. Applies to all connections: only one is read at a time.</summary>
    internal long DeadlineMs { get; set; } = long.MaxValue;

    /// <summary>Sends a GET and reads the headers of the answer. The caller reads the body, under the same deadline.</summary>
    /// <param name="target">Path and query.</param>
    /// <param name="timeout">For the whole answer, including its body.</param>
    internal HttpResponseMessage Get(string target, TimeSpan timeout)
    {
        DeadlineMs = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        using HttpRequestMessage request = new(HttpMethod.Get, "http://localhost" + target);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", "nscollector");
        return _http.Send(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Ends all reads and writes, from any thread.</summary>
    internal void Abort()
    {
        lock (_gate)
        {
            _isAborted = true;
            foreach (EngineStream stream in _open) stream.Abort();
        }
    }

    internal void Forget(EngineStream stream)
    {
        lock (_gate) _open.Remove(stream);
    }

    public void Dispose()
    {
        _http.Dispose();
        _first?.Dispose();
    }

    private EngineStream Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // unix(7): a blocking connect waits for room in the queue as long as a send waits (net/unix/af_unix.c, sock_sndtimeo).
            socket.SendTimeout = (int)Math.Max(1, _options.Timeout.TotalMilliseconds);
            socket.Connect(new UnixDomainSocketEndPoint(_options.SocketPath));
            EngineStream stream = new(socket, this);
            lock (_gate)
            {
                _open.Add(stream);
                if (_isAborted) stream.Abort();
            }

            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
