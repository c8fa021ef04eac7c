using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Events;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Replays each request that the docker command, Telegraf and cAdvisor sent, and compares the form of the answer with dockerd's.</summary>
public sealed class AnswerFormTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private const string Stopped = "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Network = "abcdef0123450123456789abcdef0123456789abcdef0123456789abcdef0123";

    private readonly TemporaryDirectory _directory = new();
    private readonly LatestSamples _samples = new([], TimeSpan.Zero, keepsDocker: true);
    private readonly EventLog _events = new(10, new AgentCounters());
    private readonly DockerApiServer _server;

    public AnswerFormTests()
    {
        var roots = new HostRoots();
        CgroupMounts mounts = CgroupMounts.Find(roots);
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, Id, "web"), OwnCgroup(mounts), null);
        WriteState(Id, "web", isRunning: true);
        WriteState(Stopped, "stopped", isRunning: false);
        var discover = new DiscoverOptions { DockerRoots = [_directory["docker"]], PodmanRoots = [], LxcRoots = [], LxdRoots = [] };
        var counters = new AgentCounters();
        var log = new RateLimitedLog(NullLogger.Instance);
        var sources = new InventorySources(discover, roots, new HostDaemons(roots, counters, log), _ => null, counters, log);
        var api = new DockerApi
        {
            Options = new DockerApiOptions { MaxStreams = 2 },
            Samples = _samples,
            Inventory = new ContainerInventory(sources, _samples, discover, roots),
            Images = new ImageStore(() => sources.DockerRoots, sources.Documents),
            Events = _events,
            Agent = new AgentVersion("1.2", "abc"),
            Roots = roots,
            Mounts = mounts,
        };
        _server = new DockerApiServer(api.Routes());
        for (int cycle = 0; cycle < 2; cycle++) Cycle(container);
    }

    public void Dispose()
    {
        _server.Dispose();
        _directory.Dispose();
    }

    public static TheoryData<string> Requests()
    {
        var data = new TheoryData<string>();
        data.AddRange(RecordedSections.Text("Docker/requests.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return data;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Recorded_request_is_answered(string recorded)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] words = recorded.Replace("/ID/", $"/{Id[..12]}/", StringComparison.Ordinal).Replace("/NAME/", "/web/", StringComparison.Ordinal)
            .Replace("since=TIME", $"since={now - 3600}", StringComparison.Ordinal).Replace("until=TIME", $"until={now}", StringComparison.Ordinal).Split(' ');
        using var request = new HttpRequestMessage(new HttpMethod(words[0]), words[1]);
        using HttpResponseMessage answer = await _server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        int expected = words[0] is "DELETE" ? 403 : words[1].Contains("/logs", StringComparison.Ordinal) ? 501 : 200;
        Assert.Equal(expected, (int)answer.StatusCode);
        if (words[0] != "HEAD") Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("info")]
    public async Task Answer_has_only_keys_and_kinds_of_dockerd(string path)
    {
        (int status, string body) = await _server.Get("/v1.41/" + path);
        Assert.Equal(200, status);
        Dictionary<string, JsonValueKind> known = [];
        foreach (string version in (string[])["v1-20.10", "v2-26.1", "v1-29.7"])
        {
            foreach ((string key, JsonValueKind kind) in Kinds("", JsonDocument.Parse(RecordedSections.Text($"Docker/{version}-{path}.json")).RootElement)) known[key] = kind;
        }

        (string Key, JsonValueKind Kind)[] answered = [.. Kinds("", JsonDocument.Parse(body).RootElement)];
        foreach ((string key, JsonValueKind kind) in answered)
        {
            // A list that was null or a switch that was on there.
            bool isSame = known.TryGetValue(key, out JsonValueKind other) && (kind == other || other == JsonValueKind.Null || (IsSwitch(kind) && IsSwitch(other)));
            Assert.True(isSame, $"{key} is {kind}, of dockerd {other}");
        }

        string[] needed = path == "info" ? ["/NCPU", "/MemTotal", "/KernelVersion", "/OperatingSystem", "/CgroupVersion", "/Name"] : ["/ApiVersion", "/MinAPIVersion", "/KernelVersion", "/Components"];
        Assert.Empty(needed.Except(answered.Select(each => each.Key)));
        static bool IsSwitch(JsonValueKind kind) => kind is JsonValueKind.True or JsonValueKind.False;
    }

    [Fact]
    public async Task Info_counts_containers_by_state()
    {
        JsonElement info = JsonDocument.Parse((await _server.Get("/info")).Body).RootElement;
        Assert.Equal((2, 1, 0, 1, 1), (Number("Containers"), Number("ContainersRunning"), Number("ContainersPaused"), Number("ContainersStopped"), Number("Images")));
        Assert.Equal(File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1, Number("NCPU"));
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), info.GetProperty("KernelVersion").GetString());

        int Number(string name) => info.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("/containers/nosuch/stats?stream=0", 404, "No such container: nosuch")]
    [InlineData("/containers/nosuch/top", 404, "No such container: nosuch")]
    [InlineData("/containers/stopped/top", 409, $"container {Stopped} is not running")]
    [InlineData("/containers/web/top?ps_args=aux", 501, "ps_args=aux is not implemented by this API of NsCollector, only -ef")]
    [InlineData("/containers/web/stats?stream=1&one-shot=1", 400, "cannot have stream=true and one-shot=true")]
    [InlineData("/networks/nosuch", 404, "network nosuch not found")]
    [InlineData("/networks?filters=%7Bx", 400, "invalid filter")]
    public async Task Error_is_in_dockers_form(string path, int status, string message)
    {
        (int answered, string body) = await _server.Get("/v1.41" + path);
        Assert.Equal((status, message), (answered, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Networks_are_those_of_containers_and_bridges_of_none()
    {
        JsonElement[] networks = [.. JsonDocument.Parse((await _server.Get("/networks")).Body).RootElement.EnumerateArray()];
        Assert.Equal("shop", Assert.Single(networks, network => network.GetProperty("Id").GetString() == Network).GetProperty("Name").GetString());
        IEnumerable<string> bridges = Directory.EnumerateDirectories("/sys/class/net").Where(path => Directory.Exists(path + "/bridge")).Select(path => Path.GetFileName(path));
        Assert.Equal(
            bridges.Select(bridge => bridge == "docker0" ? "bridge" : bridge).Append("shop").Order(StringComparer.Ordinal),
            networks.Select(network => network.GetProperty("Name").GetString()));
        Assert.Equal("shop", JsonDocument.Parse((await _server.Get("/networks/" + Network[..12])).Body).RootElement.GetProperty("Name").GetString());
    }

    // docker-py fails if the line break is alone in the last chunk of a stream.
    [Theory]
    [InlineData("/containers/web/stats?stream=0")]
    [InlineData("/events?since=1")]
    public async Task Line_break_is_in_the_chunk_of_its_value(string path)
    {
        _events.Add(new DockerEvent(SystemClock.RealtimeNs(), "start", Id, null, System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty));
        string until = path.StartsWith("/events", StringComparison.Ordinal) ? $"&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}" : "";
        string answer = await _server.Exchange($"GET {path}{until} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.EndsWith("}\n\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_has_the_processes_of_the_cgroup()
    {
        JsonElement top = JsonDocument.Parse((await _server.Get("/containers/web/top")).Body).RootElement;
        Assert.Equal(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], top.GetProperty("Titles").EnumerateArray().Select(title => title.GetString()));
        string own = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        JsonElement row = Assert.Single(top.GetProperty("Processes").EnumerateArray(), row => row[1].GetString() == own);
        Assert.Equal(File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Replace('\0', ' '), row[7].GetString());
    }

    [Fact]
    public async Task Stats_stream_has_a_message_at_once_and_after_each_cycle()
    {
        using Stream stream = await _server.Client.GetStreamAsync(new Uri("/containers/web/stats", UriKind.Relative));
        using var reader = new StreamReader(stream);
        for (int message = 0; message < 3; message++)
        {
            string? line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(Id, JsonDocument.Parse(line!).RootElement.GetProperty("id").GetString());
            Task<string?> next = reader.ReadLineAsync();
            await Task.Delay(50);
            Assert.False(next.IsCompleted);
            _samples.BeginCycle(ContainerList.Empty);
            _samples.EndCycle(default);
            Assert.Contains("\"memory_stats\":{}", await next.WaitAsync(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
            _samples.EndCycle(default);
        }
    }

    private void WriteState(string id, string name, bool isRunning)
    {
        string running = isRunning ? "true" : "false";
        _directory.Write(
            $"docker/containers/{id}/config.v2.json",
            $$$"""{"ID":"{{{id}}}","Name":"/{{{name}}}","Created":"2026-11-29T17:26:14Z","State":{"Running":{{{running}}},"StartedAt":"2026-11-29T17:26:15Z"},"Image":"sha256:{{{Id}}}","Config":{"Image":"tool:1"},"NetworkSettings":{"Networks":{"shop":{"NetworkID":"{{{Network}}}"} } } }""");
        _directory.Write($"docker/containers/{id}/hostconfig.json", "{}");
    }

    private void Cycle(Container container)
    {
        _samples.BeginCycle(new ContainerList(1, [container]));
        _samples.Accept(container, new ContainerSample { State = ContainerState.Running, TimestampNs = 1_000_000_000 });
        _samples.EndCycle(default);
    }

    private static string OwnCgroup(CgroupMounts mounts)
    {
        // As CgroupMembers reads them: the first hierarchy in which the path exists and has processes.
        CgroupHierarchy hierarchy = mounts.Hierarchies[0];
        string line = File.ReadLines("/proc/self/cgroup").First(line => hierarchy.IsV2 ? line.StartsWith("0::", StringComparison.Ordinal) : line.Split(':')[1].Split(',').Contains(hierarchy.Controllers[0]));
        return line[(line.IndexOf(':', line.IndexOf(':', StringComparison.Ordinal) + 1) + 1)..];
    }

    // The path and the kind of each key.
    private static IEnumerable<(string Key, JsonValueKind Kind)> Kinds(string path, JsonElement element)
    {
        if (path.Length > 0) yield return (path, element.ValueKind);
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                foreach ((string Key, JsonValueKind Kind) inner in Kinds(path + "/" + property.Name, property.Value)) yield return inner;
            }
        }
        else if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0)
        {
            foreach ((string Key, JsonValueKind Kind) inner in Kinds(path + "/0", element[0])) yield return inner;
        }
    }
}
