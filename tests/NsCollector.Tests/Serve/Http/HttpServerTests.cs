using System.Collections.Frozen;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Http;

public sealed class HttpServerTests : IDisposable
{
    private readonly int _port = FreePort();
    private readonly HttpClient _client = new();
    private readonly AgentCounters _counters = new();
    private HttpServer? _server;

    public void Dispose()
    {
        _client.Dispose();
        _server?.Stop(TimeSpan.FromSeconds(2));
        _server?.Dispose();
    }

    [Fact]
    public async Task Get_and_head_are_answered_and_other_methods_are_not()
    {
        Start();
        Assert.Equal("hello", await _client.GetStringAsync(Url("/page")));
        using HttpResponseMessage head = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Url("/page")));
        Assert.Equal((HttpStatusCode.OK, ""), (head.StatusCode, await head.Content.ReadAsStringAsync()));

        // Its body is never read.
        string post = await Exchange("POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 405", post, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: GET, HEAD\r\n", post, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(Url("/other"))).StatusCode);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer ", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer s3cret ", HttpStatusCode.OK)]
    [InlineData("bearer s3cret", HttpStatusCode.OK)]
    [InlineData("Basic cHJvbTpww6Rzcw==", HttpStatusCode.OK)]
    [InlineData("Basic cHJvbTpwYXNz", HttpStatusCode.Unauthorized)]
    public async Task Credentials_decide_who_gets_a_page(string? authorization, HttpStatusCode expected)
    {
        Start(new Credentials("s3cret", "prom", "päss"));
        using var request = new HttpRequestMessage(HttpMethod.Get, Url("/page"));
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.Unauthorized, answer.Headers.Contains("WWW-Authenticate"));
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(Url("/open"))).StatusCode);
    }

    [Fact]
    public async Task Path_that_does_not_exist_is_not_told_without_credentials()
    {
        Start(new Credentials("s3cret", null, null));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync(Url("/other"))).StatusCode);
    }

    [Theory]
    [InlineData("GET /page/../page HTTP/1.1\r\nHost: x\r\n\r\n", "200")]
    [InlineData("GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "404")]
    [InlineData("GET /page\0 HTTP/1.1\r\nHost: x\r\n\r\n", "400")]
    [InlineData("GET /page HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400")]
    [InlineData("GET /page HTTP/1.1\r\n\r\n", "400")]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET /page HTTP/9.9\r\nHost: x\r\n\r\n", "505")]
    public async Task Malformed_request_gets_its_status(string request, string status)
    {
        Start();
        Assert.StartsWith($"HTTP/1.1 {status}", await Exchange(Encoding.Latin1.GetBytes(request)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flood_of_headers_is_refused()
    {
        Start();
        string header = string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: {new string('a', 100)}\r\n"));
        Assert.StartsWith("HTTP/1.1 431", await Exchange(Encoding.ASCII.GetBytes("GET /page HTTP/1.1\r\nHost: x\r\n" + header + "\r\n")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_beyond_the_bound_are_closed_and_others_go_on()
    {
        Start(maxConnections: 3);
        var idle = new List<Socket>();
        for (int i = 0; i < 50; i++) idle.Add(await Connect());
        int open = 0;
        foreach (Socket socket in idle)
        {
            await socket.SendAsync("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            byte[] buffer = new byte[512];
            try
            {
                open += await socket.ReceiveAsync(buffer) > 0 ? 1 : 0;
            }
            catch (SocketException)
            {
            }
        }

        Assert.Equal(3, open);
        foreach (Socket socket in idle) socket.Dispose();
    }

    [Fact]
    public async Task Silent_connections_end_and_make_room_for_others()
    {
        Start(maxConnections: 3, idle: TimeSpan.FromMilliseconds(500));
        var silent = new List<Socket>();
        for (int i = 0; i < 3; i++) silent.Add(await Connect());
        byte[] buffer = new byte[1];

        // Kestrel looks for idle connections once a second.
        foreach (Socket socket in silent) Assert.Equal(0, await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("hello", await _client.GetStringAsync(Url("/page")));
        foreach (Socket socket in silent) socket.Dispose();
    }

    [Fact]
    public async Task Headers_that_never_end_cost_their_connection()
    {
        Start(maxConnections: 3);
        using Socket socket = await Connect();
        await socket.SendAsync("GET /page HTTP/1.1\r\nHost: x\r\n"u8.ToArray());
        Task<string> answer = Exchange(socket, "X-A: "u8.ToArray());
        using var stop = new CancellationTokenSource();
        Task drip = Drip(socket, stop.Token);
        Assert.StartsWith("HTTP/1.1 408", await answer, StringComparison.Ordinal);
        await stop.CancelAsync();
        await drip;
    }

    [Fact]
    public async Task Refusals_and_a_crowded_server_end_the_connection()
    {
        Start(new Credentials("s3cret", null, null), maxConnections: 4);
        Assert.Contains("\r\nConnection: close\r\n", await Exchange("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray()), StringComparison.Ordinal);
        Assert.DoesNotContain("Connection: close", await Exchange(Authorized), StringComparison.Ordinal);
        var open = new List<Socket>();
        for (int i = 0; i < 3; i++)
        {
            open.Add(await Connect());
            await Exchange(open[^1], Authorized);
        }

        Assert.Contains("\r\nConnection: close\r\n", await Exchange(Authorized), StringComparison.Ordinal);
        foreach (Socket socket in open) socket.Dispose();
    }

    [Fact]
    public async Task Reader_that_reads_nothing_is_dropped_after_the_timeout()
    {
        Start(timeout: TimeSpan.FromMilliseconds(300));
        using Socket socket = await Connect();
        socket.ReceiveBufferSize = 4096;
        await socket.SendAsync("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await _endless.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(_endlessBytes < 16 << 20);
        Eventually.True(() => _counters[AgentCounter.HttpErrors] == 1, "the error is counted");
    }

    [Fact]
    public async Task Page_that_throws_is_counted_and_others_go_on()
    {
        Start();
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync(Url("/broken")));
        Eventually.True(() => _counters[AgentCounter.HttpErrors] == 1, "the error is counted");
        Assert.Equal("hello", await _client.GetStringAsync(Url("/page")));
    }

    [Fact]
    public async Task Certificate_of_an_intermediate_authority_is_served_with_its_chain()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = from.AddHours(3);
        using X509Certificate2 root = Authority("CN=root", rootKey).CreateSelfSigned(from, to);
        using X509Certificate2 middle = Authority("CN=middle", middleKey).Create(root, from, to, [1]).CopyWithPrivateKey(middleKey);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 server = request.Create(middle, from, to, [2]).CopyWithPrivateKey(key);
        Start(certificate: server, chain: [X509CertificateLoader.LoadCertificate(middle.RawData)]);

        using Socket socket = await Connect();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(root.RawData));

        // The client knows the root only, so the server has to send what is between.
        using var verified = new SslStream(new NetworkStream(socket));
        await verified.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateChainPolicy = policy });
        await verified.WriteAsync("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        byte[] buffer = new byte[64];
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, await verified.ReadAsync(buffer)), StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_not_a_socket_is_kept()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("token", "secret");
        using var server = NewServer(Options() with { Listen = [Address("unix:" + path)] });
        Assert.Contains("is not a socket", server.Start(), StringComparison.Ordinal);
        Assert.Equal("secret", File.ReadAllText(path));
    }

    [Fact]
    public void Missing_directory_of_a_socket_is_a_clear_error()
    {
        using HttpServer server = NewServer(Options() with { Listen = [Address("unix:/nosuch/http.sock")] });
        Assert.Equal("the directory /nosuch ([http] listen) does not exist", server.Start());
    }

    [Fact]
    public void Address_in_use_is_a_clear_error()
    {
        Start();
        using var second = NewServer(Options());
        Assert.Contains($"cannot listen on 127.0.0.1:{_port} ([http] listen)", second.Start(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unix_socket_of_a_killed_agent_is_replaced_and_of_a_running_one_is_not()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Path + "/http.sock";
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) left.Bind(new UnixDomainSocketEndPoint(path));
        HttpOptions options = Options() with { Listen = [Address("unix:" + path)] };
        _server = NewServer(options);
        Assert.Null(_server.Start());
        using var second = NewServer(options);
        Assert.Contains("another process listens on", second.Start(), StringComparison.Ordinal);

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Assert.StartsWith("HTTP/1.1 200", await Exchange(socket, "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:9469", true, true)]
    [InlineData("[::1]:9469", true, true)]
    [InlineData("localhost:9469", true, true)]
    [InlineData("unix:/run/x.sock", true, true)]
    [InlineData("0.0.0.0:9469", true, false)]
    [InlineData("[::]:9469", true, false)]
    [InlineData("10.0.0.1:80", true, false)]
    [InlineData("9469", false, false)]
    [InlineData(":9469", false, false)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("127.0.0.1:0", false, false)]
    [InlineData("127.0.0.1:99999", false, false)]
    [InlineData("unix:relative", false, false)]
    [InlineData("example.org:80", false, false)]
    public void Listen_address_is_parsed(string text, bool isValid, bool isLocal)
    {
        Assert.Equal(isValid, ListenAddress.TryParse(text, out ListenAddress? address));
        if (isValid) Assert.Equal(isLocal, address!.IsLocal);
    }

    private readonly TaskCompletionSource _endless = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _endlessBytes;

    private static ListenAddress Address(string text) => ListenAddress.TryParse(text, out ListenAddress? address) ? address : throw new ArgumentException(text);

    private static byte[] Authorized => "GET /page HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cret\r\n\r\n"u8.ToArray();

    private HttpOptions Options(int maxConnections = 64, TimeSpan? timeout = null) => new()
    {
        Listen = [Address($"127.0.0.1:{_port}")], MaxConnections = maxConnections, ResponseTimeout = timeout ?? TimeSpan.FromSeconds(5),
    };

    private static async Task Drip(Socket socket, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await socket.SendAsync("a"u8.ToArray(), cancellation);
                await Task.Delay(200, cancellation);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }
    }

    private FrozenDictionary<string, IPage> Pages() => new Dictionary<string, IPage>
    {
        ["/page"] = new TestPage(false, body => body.Writer.WriteAsync("hello"u8.ToArray()).AsTask()),
        ["/open"] = new TestPage(true, body => body.Writer.WriteAsync("hello"u8.ToArray()).AsTask()),
        ["/broken"] = new TestPage(false, _ => throw new InvalidOperationException()),
        ["/endless"] = new TestPage(false, null, this),
    }.ToFrozenDictionary();

    private void Start(
        Credentials? credentials = null, int maxConnections = 64, TimeSpan? timeout = null, X509Certificate2? certificate = null, X509Certificate2Collection? chain = null,
        TimeSpan? idle = null)
    {
        _server = NewServer(Options(maxConnections, timeout), credentials, certificate, chain, idle ?? TimeSpan.FromMinutes(1));
        Assert.Null(_server.Start());
    }

    private HttpServer NewServer(
        HttpOptions options, Credentials? credentials = null, X509Certificate2? certificate = null, X509Certificate2Collection? chain = null, TimeSpan? idle = null)
    {
        var connections = new OpenConnections(options.MaxConnections, _counters);
        var requests = new HttpRequests(
            Pages(), credentials ?? new Credentials(null, null, null), options.ResponseTimeout, connections, _counters, new RateLimitedLog(NullLogger.Instance));
        var server = new ServerOptions("http", options.Listen);
        return new HttpServer(server with { IdleTimeout = idle ?? server.IdleTimeout }, requests, connections, certificate, chain);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private string Url(string path) => $"http://127.0.0.1:{_port}{path}";

    private async Task<Socket> Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _port);
        return socket;
    }

    private async Task<string> Exchange(byte[] request)
    {
        using Socket socket = await Connect();
        return await Exchange(socket, request);
    }

    private static async Task<string> Exchange(Socket socket, byte[] request)
    {
        // The server may refuse before it has read everything.
        try
        {
            await socket.SendAsync(request);
        }
        catch (SocketException)
        {
        }

        byte[] buffer = new byte[4096];
        return Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class TestPage(bool isOpen, Func<IHttpResponseBodyFeature, Task>? write, HttpServerTests? endless = null) : IPage
    {
        public bool IsOpen => isOpen;

        public async Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
        {
            if (write is not null)
            {
                await write(body);
                return;
            }

            try
            {
                byte[] piece = new byte[32 << 10];
                while (true)
                {
                    await body.Writer.WriteAsync(piece, cancellation);
                    endless!._endlessBytes += piece.Length;
                }
            }
            finally
            {
                endless!._endless.SetResult();
            }
        }
    }
}
