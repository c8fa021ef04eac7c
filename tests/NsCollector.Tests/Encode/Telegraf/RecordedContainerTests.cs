using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Telegraf;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Encode.Telegraf;

/// <summary>Compares points of containers with those that Telegraf wrote for the same files of the kernel.</summary>
public sealed class RecordedContainerTests : IDisposable
{
    private const TelegrafKinds All = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio;

    // Telegraf has the daemon's; the name of the host is another in the recording.
    private static readonly string[] OtherTags = ["server_version", "engine_host"];

    private readonly CgroupFixture _host = new() { Options = new SampleOptions { Telegraf = true } };

    public void Dispose() => _host.Dispose();

    private static readonly string[] Asleep =
    [
        "v1-burn.quarter", "v1-disk-20", "v1-mem_50", "v1-two-nets", "v1-big-one", "v1-paused", "v1-29.7-burn.quarter", "v1-29.7-disk-20", "v1-29.7-mem_50",
        "v1-29.7-two-nets", "v1-29.7-big-one", "v1-29.7-paused", "v2-burn.quarter", "v2-disk-20", "v2-two-nets", "v2-mem_50", "v2-big-one", "v2-paused",
    ];

    // Packets arrived while Telegraf read.
    private static readonly string[] NetworkAwake = ["v1-29.7-two-nets", "v1-29.7-big-one"];

    public static TheoryData<string, string> Recordings()
    {
        var data = new TheoryData<string, string>();
        foreach (string measurement in (string[])["docker_container_cpu", "docker_container_mem", "docker_container_net", "docker_container_blkio", "docker_container_status"])
        {
            foreach (string name in Asleep)
            {
                if (measurement != "docker_container_net" || !NetworkAwake.Contains(name)) data.Add(measurement, name);
            }
        }

        // Its check runs every two seconds.
        foreach (string name in (string[])["v1-shop-web-1", "v1-29.7-shop-web-1", "v2-shop-web-1"])
        {
            data.Add("docker_container_status", name);
            data.Add("docker_container_health", name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Accept_writes_what_Telegraf_wrote(string measurement, string name)
    {
        RecordedAnswer recorded = RecordedAnswer.Read(name);
        List<Point> points = [.. Encode(recorded).Where(point => point.Measurement == measurement)];

        Assert.Equal(
            recorded.Points.Where(point => point.Measurement == measurement).Select(RecordedAnswer.SeriesOf).Order(StringComparer.Ordinal),
            points.Select(RecordedAnswer.SeriesOf).Order(StringComparer.Ordinal));
        foreach (Point point in points)
        {
            Point expected = recorded.Same(point)!;
            Assert.Equal(expected.Tags.Where(tag => !OtherTags.Contains(tag.Key)).OrderBy(tag => tag.Key, StringComparer.Ordinal), point.Tags.Where(tag => !OtherTags.Contains(tag.Key)).OrderBy(tag => tag.Key, StringComparer.Ordinal));
            Assert.Equal("example", point.Tags["engine_host"]);
            if (measurement == "docker_container_status") Assert.Equal(name.EndsWith("paused", StringComparison.Ordinal) ? "paused" : "running", point.Tags["container_status"]);
            Dictionary<string, object> differing = Differences(expected, recorded.Files, name.StartsWith("v2", StringComparison.Ordinal));
            foreach ((string field, object value) in point.Fields)
            {
                object? wanted = differing.TryGetValue(field, out object? other) ? other : expected.Fields.GetValueOrDefault(field);
                Assert.True(wanted is not null, $"{name} {measurement} {field} is not Telegraf's");
                if (wanted is double real) Assert.Equal(real, Assert.IsType<double>(value), 6);
                else Assert.Equal((field, wanted), (field, value));
            }

            // The share of the CPU needs two samples; the files that the agent follows have no streak.
            Assert.Empty(expected.Fields.Keys.Except(point.Fields.Keys).Except(measurement switch { "docker_container_cpu" => ["usage_percent"], "docker_container_health" => ["failing_streak"], _ => [] }));
        }
    }

    /// <summary>The fields that differ, with the value by the kernel's files.</summary>
    private static Dictionary<string, object> Differences(Point point, Dictionary<string, string> files, bool isV2)
    {
        Dictionary<string, object> differing = [];
        bool isTotal = point.Tags.GetValueOrDefault("cpu") == "cpu-total";
        if (isTotal) differing["usage_system"] = HostCpuNs(files["stat"]);

        // Docker reads ticks of 10 ms.
        if (isTotal && !isV2)
        {
            differing["usage_in_usermode"] = long.Parse(files["cpu,cpuacct/cpuacct.usage_user"], CultureInfo.InvariantCulture);
            differing["usage_in_kernelmode"] = long.Parse(files["cpu,cpuacct/cpuacct.usage_sys"], CultureInfo.InvariantCulture);
        }

        if (point.Measurement == "docker_container_mem" && isV2) differing["max_usage"] = long.Parse(files["unified/memory.peak"], CultureInfo.InvariantCulture);
        if (point.Measurement == "docker_container_blkio" && isV2 && files["unified/io.stat"].Split(' ', '\n') is [_, ..] words)
        {
            foreach ((string key, string field) in ((string, string)[])[("rios", "io_serviced_recursive_read"), ("wios", "io_serviced_recursive_write"), ("dbytes", "io_service_bytes_recursive_discard"), ("dios", "io_serviced_recursive_discard")])
            {
                if (words.FirstOrDefault(word => word.StartsWith(key + "=", StringComparison.Ordinal)) is { } found)
                    differing[field] = long.Parse(found[(key.Length + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return differing;
    }

    private List<Point> Encode(RecordedAnswer recorded)
    {
        Point status = recorded.Points.Single(point => point.Measurement == "docker_container_status");
        ContainerSample sample = RecordedSections.Sample(_host, recorded.Files);

        // Discovery knows these from /proc/PID, whose start differs from dockerd's by the time that runc took.
        sample.Scalars.Set(Reading.InfoPid, status.Integer("pid"));
        sample.Scalars.Set(Reading.InfoStartedAtNs, status.Integer("started_at"));
        sample.Scalars.Set(Reading.InfoUptimeNs, status.Integer("uptime_ns"));
        sample.TimestampNs = status.TimestampNs;
        sample.HostCpuNs = HostCpuNs(recorded.Files["stat"]);
        Assert.True(NetDevParser.Parse(Encoding.ASCII.GetBytes(recorded.Files["net/dev"]), sample.Interfaces, loopback: true, 100, out _));

        if (recorded.Points.Any(point => point.Measurement == "docker_container_health")) sample.Scalars.Set(Reading.InfoHealthStatus, (long)HealthStatus.Healthy);

        string[] labels = ["com.docker.compose.container-number", "com.docker.compose.oneoff", "com.docker.compose.project", "com.docker.compose.service", "maintainer", "org.opencontainers.image.version"];
        var identity = new ContainerIdentity(
            ContainerRuntime.Docker, status.Text("container_id"), status.Tags["container_name"], "example/tool:1.0",
            Labels: [.. labels.Where(status.Tags.ContainsKey).Select(label => KeyValuePair.Create(label, status.Tags[label]))])
        {
            Environment = status.Tags.TryGetValue("TIER", out string? tier) ? [new("TIER", tier)] : [],
        };
        var container = new Container(1, identity, CgroupFixture.ContainerPath, null) { State = new RuntimeState((int)status.Integer("restart_count")) };
        var collected = new CollectedBatches();
        var encoder = new TelegrafEncoder(
            new TelegrafOptions { PerDevice = All, Total = All }, new EncodeOptions { Host = "example", IdTag = IdTag.Tag }, new BatchPool(65536), collected, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [container]));
        encoder.Accept(container, sample);
        encoder.EndCycle(default);
        return StrictParser.ParseAll(collected.All);
    }

    private static long HostCpuNs(string stat)
    {
        ReadingSet cpu = ReadingSet.Of(SamplePart.HostCpu);
        Assert.True(ProcStatParser.Parse(Encoding.ASCII.GetBytes(stat), 10_000_000, cpu));
        return HostCpuTime.Sum(cpu);
    }
}
