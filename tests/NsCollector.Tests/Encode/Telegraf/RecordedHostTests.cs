using System.Text;
using NsCollector.Catalogue;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Telegraf;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode.Telegraf;

/// <summary>Compares points of the host with those that Telegraf wrote between two readings of the kernel's files.</summary>
public sealed class RecordedHostTests
{
    // Of Docker 20.10 on cgroup v1, and of Docker 26.1 on v2.
    private const string V1 = "host", V2 = "host-v2";

    private static readonly Dictionary<string, RecordedAnswer> Recordings = new() { [V1] = RecordedAnswer.Read(V1), [V2] = RecordedAnswer.Read(V2) };

    // What the agent does not read, or the kernel does not say.
    private static readonly string[] Absent =
    [
        "high_free", "high_total", "low_free", "low_total", "huge_page_size", "huge_pages_free", "huge_pages_total", "vmalloc_chunk", "vmalloc_total",
        "write_back_tmp", "speed", "uptime_format", "n_physical_cpus", "n_goroutines", "n_images", "n_listener_events", "n_used_file_descriptors",
    ];

    // Change at any time and in any direction.
    private static readonly string[] Gauges = ["load1", "load5", "load15", "iops_in_progress"];

    // The agent does not look for labels of file systems.
    private static readonly string[] OtherTags = ["engine_host", "server_version", "label"];

    public static TheoryData<string, string> Measurements()
    {
        var data = new TheoryData<string, string>();
        foreach (string recording in Recordings.Keys)
        {
            foreach (string measurement in (string[])["cpu", "mem", "swap", "system", "diskio", "net", "disk", "docker"]) data.Add(recording, measurement);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Measurements))]
    public void AcceptHost_writes_what_Telegraf_wrote(string recording, string measurement)
    {
        RecordedAnswer recorded = Recordings[recording];
        List<Point> allBefore = Encode(recording, "before"), allAfter = Encode(recording, "after");

        // Telegraf spreads some measurements over several points of one series.
        Assert.Contains(recorded.Points, point => point.Measurement == measurement);
        foreach (IGrouping<string, Point> expected in recorded.Points.Where(point => point.Measurement == measurement).GroupBy(RecordedAnswer.SeriesOf))
        {
            if (measurement == "disk" && expected.First().Tags["path"] != "/") continue;
            Dictionary<string, object> before = FieldsOf(allBefore, expected.Key), after = FieldsOf(allAfter, expected.Key);
            Point any = allAfter.First(point => RecordedAnswer.SeriesOf(point) == expected.Key);
            Assert.Equal(
                expected.First().Tags.Where(tag => !OtherTags.Contains(tag.Key)).OrderBy(tag => tag.Key, StringComparer.Ordinal),
                any.Tags.Where(tag => tag.Key is not "engine_host").OrderBy(tag => tag.Key, StringComparer.Ordinal));

            // The shares of CPU time need two readings.
            Assert.Equal(expected.SelectMany(point => point.Fields.Keys).Except(Absent).Where(field => measurement != "cpu" || !field.StartsWith("usage_", StringComparison.Ordinal)).Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
            foreach ((string field, object value) in expected.SelectMany(point => point.Fields))
            {
                if (!after.ContainsKey(field)) continue;
                Assert.Equal(value.GetType(), after[field].GetType());
                if (measurement is "mem" || Gauges.Contains(field) || field.StartsWith("usage_", StringComparison.Ordinal)) continue;
                Assert.InRange(Convert.ToDouble(value), Convert.ToDouble(before.GetValueOrDefault(field, after[field])) - 0.02, Convert.ToDouble(after[field]) + 0.02);
            }
        }
    }

    [Fact]
    public void AcceptHost_computes_memory_as_Telegraf_does()
    {
        Dictionary<string, object> fields = FieldsOf(Encode(V1, "before"), "mem      ");
        long Of(string field) => (long)fields[field];
        Dictionary<string, long> kernel = Recordings[V1].Files["before/meminfo"].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries)).ToDictionary(words => words[0], words => 1024 * long.Parse(words[1]));
        Assert.Equal(kernel["MemTotal"] - kernel["MemAvailable"], Of("used"));
        Assert.Equal(kernel["Active"], Of("active"));
        Assert.Equal(kernel["Inactive"], Of("inactive"));
        Assert.Equal(kernel["Slab"], Of("slab"));
        Assert.Equal(kernel["Cached"] + kernel["SReclaimable"], Of("cached"));
        Assert.Equal(100.0 * Of("used") / Of("total"), (double)fields["used_percent"], 6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AcceptHost_computes_shares_of_cpu_time_between_two_readings(bool hasCensus)
    {
        var encoder = new Encoder();
        encoder.Write(Read(V1, "before"));
        if (hasCensus) encoder.Write(new HostSample { TimestampNs = 1_700_000_005_000_000_000 });
        encoder.Write(Read(V1, "after"));
        Point cpu = encoder.Points().Last(point => point.Measurement == "cpu");
        long[] before = Ticks("before"), after = Ticks("after");
        double elapsed = after.Take(8).Sum() - before.Take(8).Sum();
        Assert.Equal(100.0 * (after[0] - before[0] - (after[8] - before[8])) / elapsed, cpu.Float("usage_user"), 5);
        Assert.Equal(100.0 * (after[3] - before[3]) / elapsed, cpu.Float("usage_idle"), 5);
        Assert.Equal(100.0, cpu.Float("usage_idle") + cpu.Float("usage_active"), 5);
    }

    private static long[] Ticks(string moment) =>
        [.. Recordings[V1].Files[moment + "/stat"].Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(long.Parse)];

    private static Dictionary<string, object> FieldsOf(List<Point> points, string series) =>
        points.Where(point => RecordedAnswer.SeriesOf(point) == series).SelectMany(point => point.Fields).DistinctBy(field => field.Key).ToDictionary();

    private static List<Point> Encode(string recording, string moment)
    {
        var encoder = new Encoder();
        HostSample sample = Read(recording, moment);
        encoder.Write(sample);
        return encoder.Points();
    }

    private static HostSample Read(string recording, string moment)
    {
        RecordedAnswer recorded = Recordings[recording];
        byte[] File(string name) => Encoding.ASCII.GetBytes(recorded.Files.TryGetValue($"{moment}/{name}", out string? text) ? text : recorded.Files["before/" + name]);
        var sample = new HostSample { TimestampNs = moment == "before" ? 1_700_000_000_000_000_000 : 1_700_000_010_000_000_000, UptimeNs = UptimeNs(recorded, moment) };
        Assert.True(ProcStatParser.Parse(File("stat"), 10_000_000, sample.Cpu));
        Assert.True(MeminfoParser.Parse(File("meminfo"), sample.Memory));
        Assert.True(LoadavgParser.Parse(File("loadavg"), sample.Load));
        Assert.Equal(0, new FlatKeyedParser(KernelKeys.Of("vmstat", isV2: true)).Parse(File("vmstat"), sample.Vmstat));
        Assert.True(NetDevParser.Parse(File("net/dev"), sample.Interfaces, loopback: true, 100, out _));
        Assert.True(DiskstatsParser.Parse(File("diskstats"), new Partitions("/nonexistent"), sample.Disks, 100, out _));

        Point root = recorded.Points.Single(point => point.Tags.GetValueOrDefault("path") == "/");
        Row row = sample.Filesystems.Add("/"u8);
        row.SetMoreKeys(["/dev/vda"u8.ToArray(), "ext4"u8.ToArray()]);
        row.Readings.Set(Reading.HostFilesystemSizeBytes, root.Integer("total"));
        row.Readings.Set(Reading.HostFilesystemUsedBytes, root.Integer("used"));
        row.Readings.Set(Reading.HostFilesystemAvailableBytes, root.Integer("free"));
        row.Readings.Set(Reading.HostFilesystemInodes, root.Integer("inodes_total"));
        row.Readings.Set(Reading.HostFilesystemUsedInodes, root.Integer("inodes_used"));
        row.Readings.Set(Reading.HostFilesystemReadOnly, 0);

        // Docker counts a container that was created and never started as stopped.
        foreach ((string state, long count) in ((string, long)[])[("running", 12), ("paused", 1), ("exited", 2), ("created", 1)])
        {
            Row counted = sample.ContainerStates.Add("docker"u8);
            counted.SetMoreKeys([Encoding.ASCII.GetBytes(state)]);
            counted.Readings.Set(Reading.StateContainers, count);
        }

        return sample;
    }

    private static long UptimeNs(RecordedAnswer recorded, string moment) => recorded.Files.TryGetValue(moment + "/uptime", out string? uptime)
        ? (long)(1e9 * double.Parse(uptime.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))
        : moment == "before" ? 1_700_000_000_000 : 1_900_000_000_000;

    private sealed class Encoder
    {
        private readonly CollectedBatches _collected = new();
        private readonly TelegrafEncoder _encoder;

        public Encoder() =>
            _encoder = new(new TelegrafOptions { Host = true }, new EncodeOptions { Host = "example" }, new BatchPool(65536), _collected, new AgentCounters());

        public void Write(HostSample sample)
        {
            _encoder.AcceptHost(sample);
            _encoder.EndCycle(default);
        }

        public List<Point> Points() => StrictParser.ParseAll(_collected.All);
    }
}
