using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Encode.Cadvisor;
using NsCollector.Linux;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Cadvisor;
using NsCollector.Serve.Http;
using NsCollector.Serve.Machine;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Cadvisor;

/// <summary>A server of cAdvisor's API on a loopback address, with the token <c>s3cret</c>.</summary>
internal sealed class CadvisorApiServer : IDisposable
{
    public CadvisorApiServer()
    {
        var history = new SampleHistory(TimeSpan.FromMinutes(2), 4 << 20, Counters);
        Samples = new LatestSamples([], TimeSpan.Zero, history: history);
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        Url = $"http://127.0.0.1:{Port}/api/";
        Assert.True(ListenAddress.TryParse($"127.0.0.1:{Port}", out ListenAddress? address));
        var api = new CadvisorApi(new CadvisorSources(Samples, history, Events), new MachineSource(new HardwareSource(new HostRoots()), new MachineIdentity(null, null, null)), new CadvisorOptions { Version = "1.2.3" }, Counters);
        var pages = new Dictionary<string, IPage> { [CadvisorPath.Above] = api, ["/healthz"] = new HealthPage(() => null) }.ToFrozenDictionary();
        var connections = new OpenConnections(64, Counters);
        Requests = new HttpRequests(pages, new Credentials("s3cret", null, null), TimeSpan.FromSeconds(2), connections, Counters, new RateLimitedLog(NullLogger.Instance));
        Server = new HttpServer(new ServerOptions("http", [address]), Requests, connections);
        Assert.Null(Server.Start());
        Client.DefaultRequestHeaders.Add("Authorization", "Bearer s3cret");
    }

    public AgentCounters Counters { get; } = new();

    public LatestSamples Samples { get; }

    public EventHistory Events { get; } = new();

    public HttpClient Client { get; } = new();

    public HttpServer Server { get; }

    public HttpRequests Requests { get; }

    /// <summary>The address of the API, with a slash at its end.</summary>
    public string Url { get; }

    public int Port { get; }

    /// <summary>The answer to a request that succeeds.</summary>
    public async Task<JsonElement> Get(string request) => JsonDocument.Parse(await Client.GetStringAsync(Url + request)).RootElement;

    public void Dispose()
    {
        Client.Dispose();
        Requests.EndStreams();
        Server.Stop(TimeSpan.FromSeconds(2));
        Server.Dispose();
        Requests.Dispose();
    }
}
