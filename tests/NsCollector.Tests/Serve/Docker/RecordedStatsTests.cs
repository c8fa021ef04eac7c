using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Latest;
using NsCollector.Sample.Net;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Stats;
using NsCollector.Serve.Http;
using NsCollector.Tests.Fixtures;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Compares the stats of containers with those that dockerd answered for the same files of the kernel.</summary>
public sealed class RecordedStatsTests : IDisposable
{
    private const long CpuTick = 10_000_000;

    // The time, and what ran on the host meanwhile, are others.
    private static readonly string[] OtherKeys = ["read", "preread"];

    private readonly CgroupFixture _host = new() { Options = new SampleOptions { Telegraf = true, DockerApi = true } };
    private readonly LatestSamples _samples = new([], TimeSpan.Zero, keepsDocker: true);

    public void Dispose() => _host.Dispose();

    public static TheoryData<string, string> Running()
    {
        var data = new TheoryData<string, string>();
        foreach (string version in (string[])["v1-20.10", "v1-29.7", "v2-26.1"])
        {
            foreach (string name in (string[])["Odd.Name_1-x", "big-one", "burn.quarter", "disk-20", "mem_50", "no-net", "on-host", "paused", "pod-app", "pod-pause", "shop-fetch-1", "two-nets"])
            {
                if (name != "on-host" || version[1] == '1') data.Add(version, name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Running))]
    public async Task Stats_of_two_samples_are_those_of_dockerd(string version, string name)
    {
        Dictionary<string, string> recorded = RecordedSections.Read($"Docker/{version}-{name}.txt");
        JsonObject expected = Parse(recorded["stats-full"]);
        JsonObject actual = await Ask(recorded, expected, version, name, "stream=false");
        Assert.Equal("2026-11-29T16:39:04.454281026Z", (string?)actual["read"]);
        Assert.Equal("2026-11-29T16:39:03.454281026Z", (string?)actual["preread"]);

        // The kernel's file was read before dockerd read it, and once more afterwards.
        foreach ((string cpu, string time) in ((string, string)[])[("cpu_stats", "read"), ("precpu_stats", "preread")])
        {
            long kernel = HostTime(version, recorded, GoTimeNs((string)expected[time]!), out long least, out long most);
            Assert.Equal(kernel, (long)actual[cpu]!["system_cpu_usage"]!);
            Assert.InRange((long)expected[cpu]!["system_cpu_usage"]!, least, most);
        }

        AssertEqual(expected, actual, recorded);
    }

    [Theory]
    [MemberData(nameof(Running))]
    public async Task Stats_of_one_sample_are_those_of_dockerd(string version, string name)
    {
        Dictionary<string, string> recorded = RecordedSections.Read($"Docker/{version}-{name}.txt");
        JsonObject expected = Parse(recorded["stats-one-shot"]);

        // dockerd 26.1 leaves these two out here, others do not.
        if (expected["id"] is null) (expected["id"], expected["name"]) = ((string?)Parse(recorded["stats-full"])["id"], "/" + name);
        JsonObject actual = await Ask(recorded, expected, version, name, "stream=false&one-shot=true");
        Assert.Equal("0001-01-01T00:00:00Z", (string?)actual["preread"]);
        Assert.Equal((string?)expected["preread"], (string?)actual["preread"]);
        AssertEqual(expected, actual, recorded);
    }

    [Theory]
    [InlineData("v1-20.10", "exited-3", RunState.Exited)]
    [InlineData("v1-20.10", "only-created", RunState.Created)]
    [InlineData("v1-29.7", "exited-3", RunState.Exited)]
    [InlineData("v1-29.7", "only-created", RunState.Created)]
    [InlineData("v2-26.1", "exited-3", RunState.Exited)]
    [InlineData("v2-26.1", "only-created", RunState.Created)]
    internal async Task Stats_without_a_process_are_those_of_dockerd(string version, string name, RunState state)
    {
        foreach ((string section, string query) in ((string, string)[])[("stats-full", "stream=false"), ("stats-one-shot", "stream=false&one-shot=1")])
        {
            JsonObject expected = Parse(RecordedSections.Read($"Docker/{version}-{name}.txt")[section]);
            var container = new DockerContainer((string)expected["id"]!, name, state, null);
            JsonObject actual = await Answer(new FakeContainers(container), CgroupForm.Of(CgroupMounts.None), query);
            Assert.Equal((string?)expected["read"], (string?)actual["read"]);
            Assert.Equal((string?)expected["preread"], (string?)actual["preread"]);
            AssertEqual(expected, actual, []);
        }
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();

    // Compares each path, so that a failure names it.
    private static void AssertEqual(JsonObject expected, JsonObject actual, Dictionary<string, string> recorded)
    {
        if (recorded.TryGetValue("net/dev after", out string? after)) SetArrived(expected, actual, after);
        foreach (JsonObject stats in (JsonObject[])[expected, actual])
        {
            foreach (string key in OtherKeys) stats.Remove(key);
            ((JsonObject)stats["cpu_stats"]!).Remove("system_cpu_usage");
            ((JsonObject)stats["precpu_stats"]!).Remove("system_cpu_usage");
        }

        // New in 29.
        if (expected["os_type"] is null) actual.Remove("os_type");
        Assert.Equal(Leaves("", expected).Order(StringComparer.Ordinal), Leaves("", actual).Order(StringComparer.Ordinal));
    }

    // The kernel's figure in the file that the agent has read here, and what it can be at a time between that file and the one after it.
    private static long HostTime(string version, Dictionary<string, string> recorded, long timeNs, out long least, out long most)
    {
        string[] lines = RecordedSections.Read($"Docker/{version}-answers.txt")["stat"].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        long[] times = [.. lines.Select(line => long.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))];
        long[] kernel = [.. lines.Select(line => FirstSeven(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]))];
        Assert.Equal(FirstSeven(recorded["stat"].Split('\n')[0]), kernel[0]);
        Assert.InRange(timeNs, times[0], times[1]);

        // The emulated host of v2 lost ticks at times, but two processors never ran faster than the clock.
        const int Cpus = 2;
        (long Tolerance, long Least, long Most) bounds = version[1] == '2'
            ? (25, kernel[1] - (Cpus * (times[1] - timeNs)), kernel[0] + (Cpus * (timeNs - times[0])))
            : (6, Interpolated(), Interpolated());
        (least, most) = (bounds.Least - (bounds.Tolerance * CpuTick), bounds.Most + (bounds.Tolerance * CpuTick));
        return kernel[0];

        long Interpolated() => kernel[0] + (long)((kernel[1] - kernel[0]) * ((double)(timeNs - times[0]) / (times[1] - times[0])));

        // user, nice, system, idle, iowait, irq, softirq: without steal, as moby adds them up (daemon/stats/collector_unix.go).
        static long FirstSeven(string line) =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..8].Sum(ticks => long.Parse(ticks, System.Globalization.CultureInfo.InvariantCulture)) * CpuTick;
    }

    // Neighbour discovery goes on while a container sleeps. So dockerd's figures are between those before it was asked and those after it.
    private static void SetArrived(JsonObject expected, JsonObject actual, string after)
    {
        RowTable later = RowTable.Of(SamplePart.Interfaces);
        Assert.True(NetDevParser.Parse(Encoding.ASCII.GetBytes(after), later, loopback: true, 100, out _));
        foreach ((string name, JsonNode? counters) in expected["networks"]!.AsObject())
        {
            Row row = later.GetOrAdd(Encoding.UTF8.GetBytes(name));
            foreach ((string key, Reading reading) in ((string, Reading)[])[("rx_bytes", Reading.NetworkRxBytes), ("rx_packets", Reading.NetworkRxPackets), ("tx_bytes", Reading.NetworkTxBytes), ("tx_packets", Reading.NetworkTxPackets)])
            {
                long before = (long)actual["networks"]![name]![key]!;
                Assert.InRange((long)counters![key]!, before, row.Readings[reading]);
                counters[key] = before;
            }
        }
    }

    private static IEnumerable<string> Leaves(string path, JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } entries => entries.SelectMany(entry => Leaves(path + "/" + entry.Key, entry.Value)),
        JsonArray { Count: > 0 } elements => elements.SelectMany((element, index) => Leaves(path + "/" + index, element)),
        _ => [path + " = " + (node?.ToJsonString() ?? "null")],
    };

    private async Task<JsonObject> Ask(Dictionary<string, string> recorded, JsonObject expected, string version, string name, string query)
    {
        string id = (string)expected["id"]!;
        Container container = new(1, new ContainerIdentity(ContainerRuntime.Docker, id, name), CgroupFixture.ContainerPath, null);
        Container owner = new(2, new ContainerIdentity(ContainerRuntime.Docker, "owner"), "/docker/owner", null);
        WriteFiles(recorded);
        long readNs = GoTimeNs("2026-11-29T16:39:03.454281026Z");
        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(container);
        for (int cycle = 0; cycle < 2; cycle++)
        {
            ContainerSample sample = _host.Sample;
            sample.Clear();
            Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, sample, 1_000_000_000_000));
            sample.TimestampNs = readNs + (cycle * 1_000_000_000L);
            (sample.HostCpuNs, sample.HostCpus) = HostCpu(recorded["stat"]);
            _samples.BeginCycle(new ContainerList(1, [container, owner]));

            // The namespace of pod-app is that of pod-pause.
            if (name == "pod-app")
            {
                sample.NetworkOwnerKey = 2;
                var ownerSample = new ContainerSample { TimestampNs = sample.TimestampNs };
                ReadInterfaces(recorded, ownerSample);
                _samples.Accept(owner, ownerSample);
            }
            else
            {
                ReadInterfaces(recorded, sample);
            }

            _samples.Accept(container, sample);
            _samples.EndCycle(default);
        }

        sampler.Close(cgroup);
        var containers = new FakeContainers(new DockerContainer(id, name, RunState.Running, container));
        return await Answer(containers, CgroupForm.Of(CgroupMounts.Find(_host.Roots)), query);
    }

    private async Task<JsonObject> Answer(IDockerContainers containers, CgroupForm form, string query)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var response = new HttpResponseFeature();
        var endpoint = new StatsEndpoint(containers, _samples, form, new StreamSlots(1));
        await endpoint.Answer(new DockerRequest(56, containers.All()[0].Id, new RequestQuery(query)), new DockerResponse(response, pipe.Writer), CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        using var reader = new StreamReader(pipe.Reader.AsStream());
        Assert.Equal(200, response.StatusCode);
        return Parse(await reader.ReadToEndAsync());
    }

    private void WriteFiles(Dictionary<string, string> recorded)
    {
        _host.Write("proc/meminfo", recorded["meminfo"]);
        foreach ((string name, string text) in recorded)
        {
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 || name.StartsWith("net/dev", StringComparison.Ordinal)) continue;
            string hierarchy = name[..slash] == "unified" ? "" : "/" + name[..slash];
            _host.Write($"cgroup{hierarchy}{CgroupFixture.ContainerPath}{name[slash..]}", text);
            if (name.EndsWith("cgroup.controllers", StringComparison.Ordinal)) _host.Write("cgroup/cgroup.controllers", text);
        }
    }

    // The host's namespace has none here.
    private static void ReadInterfaces(Dictionary<string, string> recorded, ContainerSample sample)
    {
        if (recorded.TryGetValue("net/dev", out string? text))
            Assert.True(NetDevParser.Parse(Encoding.ASCII.GetBytes(text), sample.Interfaces, loopback: true, 100, out _));
    }

    private static (long Ns, int Cpus) HostCpu(string stat)
    {
        ReadingSet cpu = ReadingSet.Of(SamplePart.HostCpu);
        Assert.True(ProcStatParser.Parse(Encoding.ASCII.GetBytes(stat), CpuTick, cpu));
        return (HostCpuTime.Sum(cpu), (int)cpu[Reading.HostCpuCount]);
    }

    private static long GoTimeNs(string text)
    {
        DateTimeOffset whole = DateTimeOffset.Parse(text[..19] + "Z", System.Globalization.CultureInfo.InvariantCulture);
        return (whole.ToUnixTimeSeconds() * 1_000_000_000) + long.Parse(text[20..].TrimEnd('Z').PadRight(9, '0'), System.Globalization.CultureInfo.InvariantCulture);
    }
}
