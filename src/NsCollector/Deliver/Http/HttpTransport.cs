using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NsCollector.Deliver.Http;

/// <summary>
/// Sends the requests of one sink. Each blocks until the answer is complete, or the request has failed or timed out, and
/// returns a <see cref="ServerAnswer"/>. Nothing is thrown, whatever the server, the network and the files do. One request at a
/// time; <see cref="Reload"/> from any thread.
/// <para>It never repeats a request: if no answer arrived, the server may have stored the points. The caller, which keeps them,
/// decides.</para>
/// </summary>
internal sealed class HttpTransport : IDisposable
{
    /// <summary>Maximum length of an answer's headers, in KiB. InfluxDB 1 repeats its error there, cut at about 1 KiB.</summary>
    internal const int MaxHeadersKiB = 32;

    /// <summary>Maximum bytes that are read of an answer that does not repeat lines of the request.</summary>
    private const int MaxBodyBytes = 64 * 1024;

    /// <summary>
    /// Maximum bytes that are read of a refusal: InfluxDB 1 repeats every bad line, without a limit. The rest of a longer one is not
    /// read, and the lines are found by halving, which makes the next answer shorter.
    /// </summary>
    private const int MaxRefusalBytes = 1024 * 1024;

    // Characters. A shorter value, such as the number of a tenant, is no secret, and occurs in other text.
    private const int MinHeaderSecret = 8;

    private static readonly ProductInfoHeaderValue UserAgent = new(
        "nscollector",
        (typeof(HttpTransport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0]);

    private readonly HttpSinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly IWebProxy? _proxy;
    private readonly string? _credentialsDirectory;
    private readonly ReadAnswer _read;

    private HttpClient? _http;
    private string? _authorization;
    private string[] _secrets = [];
    private KeyValuePair<string, string>[] _headers = [];
    private bool _hasSecrets;
    private volatile bool _readFiles;

    // Set by the handshake, which may run on another thread than the request that waits for it.
    private volatile string? _certificateProblem;

    /// <param name="options">Where and how to send. Errors in them are the reason in every answer.</param>
    /// <param name="read">Determines what a response means.</param>
    /// <param name="clock">The time: for time-outs, and to tell how long a Retry-After with a date is.</param>
    /// <param name="proxy">In place of the environment's proxies; for tests.</param>
    internal HttpTransport(HttpSinkOptions options, ReadAnswer read, TimeProvider clock, IWebProxy? proxy = null)
    {
        _options = options;
        _read = read;
        _clock = clock;
        _proxy = proxy;
        _credentialsDirectory = Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY");
    }

    /// <summary>Determines what a response means.</summary>
    /// <param name="http">The response.</param>
    /// <param name="lines">Gives the lines that were sent; null if the request had none.</param>
    /// <param name="secrets">Secrets that must not appear in the result.</param>
    /// <param name="now">The time, for a Retry-After with a date.</param>
    internal delegate ServerAnswer ReadAnswer(HttpAnswer http, Func<ReadOnlyMemory<byte>>? lines, IReadOnlyList<string> secrets, DateTimeOffset now);

    /// <summary>Makes the next request read secrets and certificates again and use new connections. Thread-safe.</summary>
    public void Reload() => _readFiles = true;

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http?.Dispose();

    /// <summary>Sends a request.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="url">The whole address.</param>
    /// <param name="body">What goes on the wire.</param>
    /// <param name="encoding">Content-Encoding; empty for none.</param>
    /// <param name="mediaType">Content-Type of a POST.</param>
    /// <param name="lines">Gives the lines uncompressed; called only if the answer names some of them.</param>
    /// <param name="stop">Ends the request: <see cref="AnswerKind.Cancelled"/>.</param>
    internal ServerAnswer Send(
        HttpMethod method,
        string url,
        ReadOnlyMemory<byte> body,
        string encoding,
        string mediaType,
        Func<ReadOnlyMemory<byte>>? lines,
        CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return new ServerAnswer { Kind = AnswerKind.Cancelled };
        string problem = Prepare();
        if (problem.Length > 0) return new ServerAnswer { Kind = AnswerKind.NotConfigured, Reason = problem };
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            return new ServerAnswer { Kind = AnswerKind.NotConfigured, Reason = "url is neither http nor https" };

        using CancellationTokenSource timeout = new(_options.Timeout, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        _certificateProblem = null;
        ServerAnswer answer;
        try
        {
            using HttpRequestMessage request = new(method, uri);
            request.Version = HttpVersion.Version11;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            request.Headers.UserAgent.Add(UserAgent);
            if (_authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", _authorization);
            foreach ((string name, string value) in _headers) request.Headers.TryAddWithoutValidation(name, value);
            if (method == HttpMethod.Post)
            {
                request.Content = new ReadOnlyMemoryContent(body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
                if (encoding.Length > 0) request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
                // Skip Expect: 100-continue for empty bodies.
                if (_options.ExpectContinue && body.Length > 0) request.Headers.ExpectContinue = true;
            }
            HttpAnswer read = Exchange(request, either.Token).GetAwaiter().GetResult();
            answer = _read(read, lines, _secrets, _clock.GetUtcNow());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or SocketException
            or AuthenticationException or InvalidOperationException or NotSupportedException or ArgumentException or CryptographicException)
        {
            answer = Failed(e, stop, timeout.Token);
        }

        // The next request reads the files again, in case an administrator has fixed the token or certificate.
        if (answer.Kind == AnswerKind.Unauthorized) _hasSecrets = false;
        if (answer.Kind == AnswerKind.TlsFailed) _readFiles = true;
        return answer;
    }

    // Cancellation and time-outs also appear as other exceptions, so the tokens decide.
    private ServerAnswer Failed(Exception exception, CancellationToken stop, CancellationToken timeout)
    {
        if (stop.IsCancellationRequested) return new ServerAnswer { Kind = AnswerKind.Cancelled };
        if (timeout.IsCancellationRequested)
            return new ServerAnswer { Kind = AnswerKind.TimedOut, Reason = $"no complete response within {_options.Timeout.TotalSeconds:0.###} s" };
        if (_certificateProblem is { } refused) return new ServerAnswer { Kind = AnswerKind.TlsFailed, Reason = refused };
        return RequestFailure.Describe(exception, _options);
    }

    private async Task<HttpAnswer> Exchange(HttpRequestMessage request, CancellationToken either)
    {
        using HttpResponseMessage response = await _http!.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either).ConfigureAwait(false);
        int status = (int)response.StatusCode;
        int bound = status is 400 or 422 ? MaxRefusalBytes : MaxBodyBytes;
        using ArrayWriter body = new();
        bool isWhole = true;
        using (Stream stream = await response.Content.ReadAsStreamAsync(either).ConfigureAwait(false))
        {
            while (true)
            {
                int read = await stream.ReadAsync(body.Free(), either).ConfigureAwait(false);
                if (read == 0) break;
                body.Filled += read;
                if (body.Filled <= bound) continue;
                isWhole = false;
                break;
            }
        }

        string server = Header(response, "X-Influxdb-Version");
        if (server.Length > 0) server = $"InfluxDB {server} {Header(response, "X-Influxdb-Build")}";
        else server = Header(response, "Server");
        return new HttpAnswer
        {
            Status = status,
            MediaType = Header(response, "Content-Type"),
            Location = Header(response, "Location"),
            RetryAfter = Header(response, "Retry-After"),
            Date = Header(response, "Date"),
            ErrorHeader = Header(response, "X-Influxdb-Error"),
            ServerVersion = server,
            Body = Encoding.UTF8.GetString(body.Bytes),
            Bytes = body.Bytes.ToArray(),
            IsWhole = isWhole,
        };
    }

    // Not by the typed properties: they drop malformed values or throw.
    private static string Header(HttpResponseMessage response, string name)
    {
        if (!response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) &&
            !response.Content.Headers.NonValidated.TryGetValues(name, out values)) return "";
        foreach (string value in values) return value;
        return "";
    }

    private string Prepare()
    {
        if (_readFiles)
        {
            _readFiles = false;
            _hasSecrets = false;
            _http?.Dispose();
            _http = null;
        }

        string problem = "";
        if (!_hasSecrets) problem = ReadSecrets();
        if (problem.Length > 0 || _http is not null) return problem;
        CertificateFiles? certificates = CertificateFiles.TryRead(_options, _credentialsDirectory, out problem);
        if (certificates is null) return problem;
        if (_options.UnixSocket.Length > 0 && Encoding.UTF8.GetByteCount(_options.UnixSocket) > 107)
            return "the path of the unix socket is longer than 107 bytes";
        _http = new HttpClient(Handler(certificates)) { Timeout = Timeout.InfiniteTimeSpan };
        return "";
    }

    private string ReadSecrets()
    {
        string problem = "";
        _authorization = null;
        _secrets = [];
        if (_options.TokenFile.Length > 0)
        {
            string? token = SecretFile.TryReadToken(_options.TokenFile, _credentialsDirectory, out problem);
            if (token is null) return problem;
            _authorization = _options.TokenScheme + " " + token;
            _secrets = [token];
        }
        else if (_options.User.Length > 0)
        {
            string? password = "";
            if (_options.PasswordFile.Length > 0) password = SecretFile.TryReadPassword(_options.PasswordFile, _credentialsDirectory, out problem);
            if (password is null) return problem;
            // RFC 7617, with UTF-8, as InfluxDB takes it.
            string pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_options.User}:{password}"));
            _authorization = "Basic " + pair;
            _secrets = [pair, password];
        }

        List<KeyValuePair<string, string>> headers = [.. _options.Headers];
        foreach ((string name, string path) in _options.HeaderFiles)
        {
            if (SecretFile.TryReadToken(path, _credentialsDirectory, out problem, spacesAllowed: true) is not { } value) return problem;
            headers.Add(new(name, value));
            _secrets = [.. _secrets, value];
        }

        AddHeaderSecrets(headers);

        _headers = [.. headers];
        _hasSecrets = true;
        return "";
    }

    // Any header may be a credential, such as one of an API gateway. A server may repeat it with or without the scheme before it.
    private void AddHeaderSecrets(List<KeyValuePair<string, string>> headers)
    {
        IEnumerable<string> values = headers.SelectMany(header => (string[])[header.Value, header.Value[(header.Value.LastIndexOf(' ') + 1)..]]);
        _secrets = [.. _secrets.Concat(values.Where(value => value.Length >= MinHeaderSecret)).Distinct().OrderByDescending(secret => secret.Length)];
    }

    private SocketsHttpHandler Handler(CertificateFiles certificates)
    {
        bool isLocal = _options.UnixSocket.Length > 0;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = 2,
            // To notice a changed DNS entry.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = _options.ConnectTimeout,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(1),
            MaxResponseHeadersLength = MaxHeadersKiB,
            // Do not wait for the rest of an abandoned response.
            MaxResponseDrainSize = 0,
            UseProxy = _options.UseProxy && !isLocal,
            SslOptions = TlsOptions(certificates),
        };
        if (handler.UseProxy) handler.Proxy = _proxy ?? EnvironmentProxy.OfThisProcess();
        if (isLocal)
        {
            UnixDomainSocketEndPoint endPoint = new(_options.UnixSocket);
            handler.ConnectCallback = async (_, cancel) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancel).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        return handler;
    }

    private SslClientAuthenticationOptions TlsOptions(CertificateFiles certificates)
    {
        X509ChainPolicy policy = new()
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // Certificates that a server forgot to send are not fetched from wherever it says.
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (certificates.Authorities is { } authorities)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
            policy.ExtraStore.AddRange(authorities);
        }

        SslClientAuthenticationOptions options = new()
        {
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = IsTrusted,
        };
        if (certificates.Client is { } client)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(client, certificates.ClientChain, offline: true);
        return options;
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!_options.TlsVerify || errors == SslPolicyErrors.None) return true;
        _certificateProblem = CertificateProblem.Describe(errors, chain, certificate as X509Certificate2, _clock.GetUtcNow());
        return false;
    }

    /// <summary>A buffer for an answer's body, which grows with it and returns to the pool.</summary>
    private sealed class ArrayWriter : IDisposable
    {
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(4096);

        internal int Filled { get; set; }

        internal ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Filled);

        internal Memory<byte> Free()
        {
            if (Filled == _buffer.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                Bytes.CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }
            return _buffer.AsMemory(Filled);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
