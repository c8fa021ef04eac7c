using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Serve.Cadvisor;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Cadvisor;

public sealed class CadvisorApiTests : IDisposable
{
    private const string WebId = "12c5c53c496702318d32ff35158b374c33248d7d5be7e6679064abf8bf9a5635";
    private const string JobId = "12d5c53c496702318d32ff35158b374c33248d7d5be7e6679064abf8bf9a5635";
    private const string Web = "/docker/" + WebId;

    private static readonly string[] Answered =
    [
        "v1.0/machine", "v1.3/machine", "v1.0/containers", "v1.3/containers/docker", "v1.1/subcontainers/docker", "v1.2/docker/web", "v1.3/docker/", "v1.3/docker", "v1.3/events",
        "v2.0/version", "v2.0/attributes", "v2.0/events", "v2.0/machine", "v2.0/summary/docker", "v2.0/stats/docker", "v2.0/spec/docker", "v2.0/storage",
        "v2.1/machinestats", "v2.1/version", "v2.1/stats/docker", "v2.0/stats?type=docker&recursive=true", "v2.0/spec/web?type=docker", "v2.0/spec/12c5?type=docker&max_age=1m30s",
    ];

    private readonly CadvisorApiServer _api = new();
    private readonly Container _web = NewContainer(1, Web, WebId, "web");
    private readonly Container _job = NewContainer(2, "/docker/" + JobId, JobId, "job\"\\\u0001<é\ud800");
    private long _usedNs;

    public CadvisorApiTests()
    {
        Cycle(-2);
        Cycle(-1);
        Cycle(0);
    }

    public void Dispose() => _api.Dispose();

    public static TheoryData<string> Requests() => [.. Answered];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Each_request_is_answered_with_json(string request)
    {
        using HttpResponseMessage answer = await _api.Client.GetAsync(_api.Url + request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        using HttpResponseMessage head = await _api.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, _api.Url + request));
        Assert.Equal((HttpStatusCode.OK, ""), (head.StatusCode, await head.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("", 400, "Supported API versions: v1.0,v1.1,v1.2,v1.3,v2.0,v2.1\n")]
    [InlineData("v1.3", 400, "Supported request types: \"containers,docker,events,machine,subcontainers\"\n")]
    [InlineData("v1.3/", 400, "Supported request types: \"containers,docker,events,machine,subcontainers\"\n")]
    [InlineData("v9.9/machine", 500, "unsupported API version \"v9.9\"\n")]
    [InlineData("v%22%0A/machine", 500, "unsupported API version \"v\\\"\\x0a\"\n")]
    [InlineData("v2.0/machinestats", 500, "unknown request type \"machinestats\"\n")]
    [InlineData("v2.0/ps", 500, "unknown request type \"ps\"\n")]
    [InlineData("v1.3/stats", 500, "unknown request type \"stats\"\n")]
    [InlineData("v1.3/containers/nosuch", 500, "failed to get container \"/nosuch\" with error: unknown container \"/nosuch\"\n")]
    [InlineData("v1.3/subcontainers/nosuch", 500, "failed to get subcontainers for container \"/nosuch\" with error: no containers found\n")]
    [InlineData("v1.3/docker/nosuch", 500, "failed to get Docker container \"nosuch\" with error: unable to find Docker container \"nosuch\"\n")]
    [InlineData("v1.3/docker/12", 500, "failed to get Docker container \"12\" with error: unable to find container. Container \"12\" is not unique\n")]
    [InlineData("v1.3/docker/a/b", 500, "unknown request for Docker container [a b]\n")]
    [InlineData("v2.0/spec/nosuch", 500, "unknown container \"/nosuch\"\n")]
    [InlineData("v2.0/spec/nosuch?recursive=true", 500, "unknown container: \"/nosuch\"\n")]
    [InlineData("v2.0/spec/dock?recursive=true", 500, "unknown container: \"/dock\"\n")]
    [InlineData("v2.0/spec?type=vm", 500, "unknown 'type' \"vm\"\n")]
    [InlineData("v2.0/spec/web?type=podman", 500, "unable to find Podman container \"web\"\n")]
    [InlineData("v2.0/stats/docker?count=x", 500, "failed to parse 'count' option: x\n")]
    [InlineData("v2.0/stats/docker?count=-2", 500, "invalid 'count' option: only -1 and larger values allowed, not -2\n")]
    [InlineData("v2.0/spec/docker?max_age=1", 500, "failed to parse 'max_age' option: time: invalid duration \"1\"\n")]
    public async Task Errors_are_the_texts_of_cAdvisor(string request, int status, string text)
    {
        using HttpResponseMessage answer = await _api.Client.GetAsync(_api.Url + request);
        Assert.Equal((status, text), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Container_of_v1_has_reference_children_spec_and_stats()
    {
        JsonElement root = await _api.Get("v1.3/containers/");
        Assert.Equal(("/", "/docker"), (root.GetProperty("name").GetString(), root.GetProperty("subcontainers")[0].GetProperty("name").GetString()));
        Assert.Equal(1, root.GetProperty("subcontainers").GetArrayLength());
        JsonElement web = await _api.Get("v1.3/containers" + Web);
        Assert.Equal((WebId, Web, "docker"), (web.GetProperty("id").GetString(), web.GetProperty("name").GetString(), web.GetProperty("namespace").GetString()));
        Assert.Equal(["web", WebId], web.GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()!));
        Assert.False(web.TryGetProperty("subcontainers", out _));
        Assert.Equal([1_000_000_000, 2_000_000_000, 3_000_000_000], web.GetProperty("stats").EnumerateArray().Select(stat => stat.GetProperty("cpu").GetProperty("usage").GetProperty("total").GetInt64()));
        Assert.Equal(3, (await _api.Get("v1.3/subcontainers/docker")).GetArrayLength());
        Assert.Equal(["/", "/docker", Web, "/docker/" + JobId], (await _api.Get("v1.3/subcontainers")).EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
        Assert.Equal([Web, "/docker/" + JobId], (await _api.Get("v1.3/docker/")).EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public async Task Count_and_type_choose_samples_and_containers()
    {
        Assert.Equal(1, (await _api.Get($"v2.0/stats{Web}?count=1")).GetProperty(Web).GetArrayLength());
        Assert.Equal(3, (await _api.Get($"v2.0/stats{Web}?count=-1")).GetProperty(Web).GetArrayLength());
        JsonElement stats = (await _api.Get("v2.0/stats/web?type=docker&count=2")).GetProperty(Web);

        // One second of CPU time in a second.
        Assert.False(stats[0].TryGetProperty("cpu_inst", out _));
        Assert.InRange(stats[1].GetProperty("cpu_inst").GetProperty("usage").GetProperty("total").GetInt64(), 990_000_000, 1_010_000_000);
        Assert.Equal(2, (await _api.Get("v2.1/stats?type=docker&recursive=true")).EnumerateObject().Count());
        Assert.DoesNotContain((await _api.Get("v2.1/stats?recursive=true")).EnumerateObject(), one => one.Name == "/");
        Assert.Equal(3, (await _api.Get("v2.1/machinestats")).GetArrayLength());
    }

    [Fact]
    public async Task Summary_has_percentiles_of_what_is_kept()
    {
        JsonElement summary = (await _api.Get($"v2.0/summary{Web}")).GetProperty(Web);
        Assert.InRange(summary.GetProperty("latest_usage").GetProperty("cpu").GetInt64(), 990, 1010);
        JsonElement minute = summary.GetProperty("minute_usage");
        Assert.Equal((3, 2), (minute.GetProperty("memory").GetProperty("count").GetInt32(), minute.GetProperty("cpu").GetProperty("count").GetInt32()));
        Assert.Equal(4096, minute.GetProperty("memory").GetProperty("ninety").GetInt64());
        Assert.InRange(minute.GetProperty("percent_complete").GetInt32(), 3, 4);
        Assert.Equal(0, summary.GetProperty("day_usage").GetProperty("percent_complete").GetInt32());
    }

    [Fact]
    public async Task Hostile_name_stays_inside_its_json_string()
    {
        JsonElement spec = (await _api.Get("v2.0/spec?type=docker&recursive=true")).GetProperty("/docker/" + JobId);
        Assert.Equal("job\"\\\u0001<é\ufffd", spec.GetProperty("aliases")[0].GetString());
    }

    [Theory]
    [InlineData("/api/v1.3/../../healthz", "HTTP/1.1 200", "ok")]
    [InlineData("/api/v1.3/containers/../../../etc", "HTTP/1.1 404", "no such page")]
    [InlineData("/api/v2.0/spec/%2e%2e/docker", "HTTP/1.1 500", "unknown request type")]
    [InlineData("/api/v2.0/spec/docker%2F..%2F..%2Fetc", "HTTP/1.1 500", "unknown container \"/etc\"")]
    [InlineData("/api/v2.0/spec/%2fdocker", "HTTP/1.1 200", "\"/docker\":{")]
    [InlineData("/api/v1.3/docker/%2Fweb", "HTTP/1.1 200", Web)]
    [InlineData("/api/v2.0/spec//docker//.//", "HTTP/1.1 200", "creation_time")]
    [InlineData("/api/v2.0/spec/doc%6Ber", "HTTP/1.1 200", "creation_time")]
    [InlineData("/api/v2.0/spec/%00", "HTTP/1.1 400", "")]
    [InlineData("/apix/v2.0/spec", "HTTP/1.1 404", "no such page")]
    public async Task Path_tricks_lead_nowhere(string path, string status, string text)
    {
        string answer = await Exchange($"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cret\r\nConnection: close\r\n\r\n");
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.Contains(text, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_required()
    {
        string answer = await Exchange("GET /api/v1.3/machine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("num_cores", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_of_v1_chooses_samples_as_the_client_of_cAdvisor_does()
    {
        Assert.Equal(2, (await Post("v1.3/containers" + Web, "{\"num_stats\":2,\"start\":\"0001-01-01T00:00:00Z\",\"end\":\"0001-01-01T00:00:00Z\"}")).GetProperty("stats").GetArrayLength());
        Assert.Equal(3, (await Post("v1.3/docker/web", "{}")).GetProperty(Web).GetProperty("stats").GetArrayLength());
        Assert.Equal(3, (await Post("v1.3/docker/web", "")).GetProperty(Web).GetProperty("stats").GetArrayLength());
        string future = DateTime.UtcNow.AddMinutes(1).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, (await Post("v1.3/subcontainers" + Web, $"{{\"start\":\"{future}\"}}"))[0].GetProperty("stats").GetArrayLength());
    }

    [Theory]
    [InlineData("v1.3/containers", "[1]", 500)]
    [InlineData("v1.3/containers", "{\"num_stats\":\"x\"}", 500)]
    [InlineData("v1.3/containers", "{\"num_stats\":1", 500)]
    [InlineData("v1.3/machine", "{}", 405)]
    [InlineData("v2.0/stats/docker", "{}", 405)]
    [InlineData("v1.3/events", "{}", 405)]
    public async Task Post_that_is_wrong_is_refused(string request, string body, int status)
    {
        using HttpResponseMessage answer = await _api.Client.PostAsync(_api.Url + request, new StringContent(body));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("Content-Length: 4097\r\n\r\n")]
    [InlineData("Content-Length: 99999999999\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2000\r\n")]
    public async Task Body_is_bounded(string framing)
    {
        string body = framing.StartsWith('T') ? new string(' ', 0x2000) + "\r\n0\r\n\r\n" : "";
        string answer = await Exchange($"POST /api/v1.3/containers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cret\r\n{framing}{body}");
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_bodies_do_not_hold_up_others()
    {
        var sockets = new List<Socket>();
        for (int i = 0; i < 8; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, _api.Port);
            await socket.SendAsync("POST /api/v1.3/containers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cret\r\nContent-Length: 9\r\n\r\n{"u8.ToArray());
        }

        await Task.Delay(200);
        Assert.Equal("/", (await _api.Get("v1.3/containers")).GetProperty("name").GetString());

        // Each is closed after the time limit of answers.
        foreach (Socket socket in sockets)
        {
            byte[] buffer = new byte[512];
            try
            {
                int length = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20));
                Assert.DoesNotContain(" 200 ", Encoding.ASCII.GetString(buffer, 0, length), StringComparison.Ordinal);
            }
            catch (SocketException)
            {
            }

            socket.Dispose();
        }
    }

    [Fact]
    public async Task Events_are_filtered_by_path_kind_and_number()
    {
        _api.Events.AcceptOom(_web, new OomSample { TimestampNs = SystemClock.RealtimeNs() });
        Assert.Equal(0, (await _api.Get("v1.3/events?subcontainers=true")).GetArrayLength());
        Assert.Equal(2, (await _api.Get("v1.3/events?subcontainers=true&creation_events=true")).GetArrayLength());
        Assert.Equal(0, (await _api.Get("v1.3/events?creation_events=true")).GetArrayLength());
        Assert.Equal(
            ["containerCreation", "oom", "oomKill"],
            (await _api.Get($"v1.3/events{Web}?all_events=true")).EnumerateArray().Select(one => one.GetProperty("event_type").GetString()!).Order(StringComparer.Ordinal));
        JsonElement last = await _api.Get("v2.0/events?all_events=true&subcontainers=1&max_events=1");
        Assert.Equal(("oomKill", Web), (last[0].GetProperty("event_type").GetString(), last[0].GetProperty("container_name").GetString()));
    }

    [Fact]
    public async Task Stream_of_events_outlasts_the_time_limit_of_answers()
    {
        using HttpResponseMessage answer = await _api.Client.GetAsync(_api.Url + "v1.3/events?stream=true&subcontainers=true&oom_events=true", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        await Task.Delay(2500);
        _api.Events.AcceptOom(_web, new OomSample { TimestampNs = 42 });
        using var json = JsonDocument.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)))!);
        Assert.Equal(("oom", "1970-01-01T00:00:00.000000042Z"), (json.RootElement.GetProperty("event_type").GetString(), json.RootElement.GetProperty("timestamp").GetString()));
    }

    [Fact]
    public async Task Stream_of_events_ends_with_the_server_and_is_no_error()
    {
        using (await _api.Client.GetAsync(_api.Url + "v2.0/events?stream=true", HttpCompletionOption.ResponseHeadersRead))
        {
        }

        using HttpResponseMessage answer = await _api.Client.GetAsync(_api.Url + "v2.0/events?stream=true", HttpCompletionOption.ResponseHeadersRead);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        _api.Requests.EndStreams();
        _api.Server.Stop(TimeSpan.FromSeconds(30));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Equal(0, _api.Counters[AgentCounter.HttpErrors]);
    }

    [Fact]
    public async Task Streams_of_events_are_bounded_and_free_after_use()
    {
        HttpResponseMessage[] streams = await Task.WhenAll(Enumerable.Range(0, EventStreams.Max).Select(_ => Stream()));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        using (HttpResponseMessage refused = await Stream()) Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        foreach (HttpResponseMessage stream in streams) stream.Dispose();
        for (int i = 0; ; i++)
        {
            using HttpResponseMessage again = await Stream();
            if (again.StatusCode == HttpStatusCode.OK) break;
            Assert.True(i < 100);
            await Task.Delay(100);
        }

        Task<HttpResponseMessage> Stream() => _api.Client.GetAsync(_api.Url + "v2.0/events?stream=true", HttpCompletionOption.ResponseHeadersRead);
    }

    [Fact]
    public async Task Container_that_has_exited_is_unknown()
    {
        _api.Samples.AcceptExit(_web, new ExitSample());
        using HttpResponseMessage answer = await _api.Client.GetAsync(_api.Url + "v2.0/stats" + Web);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    private static Container NewContainer(long key, string path, string id, string name) =>
        new(key, new ContainerIdentity(ContainerRuntime.Docker, id, name, "busybox"), path, null) { Birth = new ContainerBirth(1_700_000_000_000_000_000, 1) };

    private void Cycle(int second)
    {
        var sample = new ContainerSample { TimestampNs = SystemClock.RealtimeNs() + (second * 1_000_000_000L) };
        sample.Scalars.Set(Reading.CpuUsageNs, _usedNs += 1_000_000_000);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 8192);
        sample.Scalars.Set(Reading.MemoryWorkingSetBytes, 4096);
        var list = new ContainerList(1, [_web, _job]);
        _api.Samples.BeginCycle(list);
        _api.Events.BeginCycle(list);
        _api.Samples.Accept(_web, sample);
        _api.Samples.Accept(_job, sample);
        _api.Samples.AcceptParent(NewContainer(-1, "/", "/", "") with { IsParent = true }, sample);
        _api.Samples.AcceptParent(NewContainer(-2, "/docker", "/docker", "") with { IsParent = true }, sample);
        _api.Samples.EndCycle(default);
    }

    private async Task<JsonElement> Post(string request, string body)
    {
        using HttpResponseMessage answer = await _api.Client.PostAsync(_api.Url + request, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<string> Exchange(string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _api.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20)) is > 0 and int length)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, length));
            if (request.StartsWith("POST", StringComparison.Ordinal)) break;
        }

        return text.ToString();
    }
}
