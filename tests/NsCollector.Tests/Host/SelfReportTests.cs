using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Host;
using NsCollector.Linux.Watch;
using NsCollector.Sample;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Host;

/// <summary>
/// Every counter is exported: the tests find the counters by reflection, raise each alone, and expect the rise in the encoded
/// points of the measurement <c>nscollector</c>.
/// </summary>
public sealed class SelfReportTests : IDisposable
{
    // Larger than the growth of a live reading (memory, CPU time) between two reports.
    private const long Rise = 7_000_000_000_000_000;

    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    private readonly TemporaryDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly CollectedBatches _batches = new();
    private readonly LineProtocolEncoder _encoder;
    private readonly FileSink _file;
    private readonly InfluxSink _influx;
    private readonly SelfReport _report;
    private WatchCounts _watched;
    private long _failedNotifications;

    public SelfReportTests()
    {
        _encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), _batches, _counters);
        _file = new FileSink(new FileSinkOptions { Name = "main", Path = Path.Combine(_directory.Path, "metrics.lp") }, NullLogger.Instance);
        _influx = new InfluxSink(new InfluxSinkOptions { Name = "main" }, new SpoolOptions(), null, NullLogger.Instance);
        _report = new SelfReport(new EncoderSet(_encoder), _counters, [_file, _influx], () => _watched, () => _failedNotifications, null);
    }

    public void Dispose()
    {
        _report.Dispose();
        _file.Dispose();
        _influx.Dispose();
        _directory.Dispose();
    }

    public static TheoryData<AgentCounter> AgentCounterNames() => [.. Enum.GetValues<AgentCounter>().Where(counter => counter != AgentCounter.Count)];

    /// <summary>The counters of a sink, by field and index: all numbers except start times of ages, and the state.</summary>
    public static TheoryData<string, int> SinkCounterFields()
    {
        var data = new TheoryData<string, int>();
        foreach (FieldInfo field in typeof(SinkCounters).GetFields(Own).Where(field => field.Name is not ("_oldestSince" or "_downSince" or "_isUp")))
        {
            if (field.FieldType == typeof(long)) data.Add(field.Name, -1);
            else if (field.FieldType == typeof(long[]))
                for (int i = 0; i < ((long[])field.GetValue(new SinkCounters())!).Length; i++) data.Add(field.Name, i);
            else Assert.False(field.FieldType.IsPrimitive || field.FieldType.IsArray, $"{field.Name} has a type that this test cannot raise");
        }

        return data;
    }

    /// <summary>The counters of the native watch, which are its 64-bit numbers.</summary>
    public static TheoryData<string> WatchCounterNames() =>
        [.. typeof(WatchCounts).GetProperties().Where(property => property.PropertyType == typeof(long)).Select(property => property.Name)];

    public static TheoryData<string> CycleReportNames() =>
        [.. typeof(CycleReport).GetProperties().Where(property => property.Name != nameof(CycleReport.TimestampNs)).Select(property => property.Name)];

    [Theory, MemberData(nameof(AgentCounterNames))]
    public void Agent_counter_is_exported(AgentCounter counter) => AssertExported("", () => _counters.Add(counter, Rise));

    [Theory, MemberData(nameof(SinkCounterFields))]
    public void Sink_counter_is_exported(string field, int index)
    {
        string[] exporting =
        [
            .. new ISink[] { _file, _influx }
                .Where(sink => Risen(sink.Name, () => RaiseField(sink.Counters, field, index)).Length > 0)
                .Select(sink => sink.Name),
        ];
        Assert.True(exporting.Length > 0, $"SinkCounters.{field}[{index}] is in the points of no sink");
    }

    [Theory, MemberData(nameof(WatchCounterNames))]
    public void Watch_counter_is_exported(string name) => AssertExported("", () => _watched = Raised(_watched, name));

    [Fact]
    public void Count_of_failed_notifications_is_exported() => AssertExported("", () => _failedNotifications += Rise);

    [Theory, MemberData(nameof(CycleReportNames))]
    public void Number_of_the_cycle_is_exported(string name)
    {
        Type type = typeof(CycleReport).GetProperty(name)!.PropertyType;
        Dictionary<string, long> before = Export("", default);
        object box = default(CycleReport);
        BackingField(typeof(CycleReport), name).SetValue(box, Convert.ChangeType(2_000_000_000, type, System.Globalization.CultureInfo.InvariantCulture));
        Dictionary<string, long> after = Export("", (CycleReport)box);
        Assert.Contains(after, pair => pair.Value - before[pair.Key] == 2_000_000_000);
    }

    [Fact]
    public void Points_and_bytes_of_the_encoder_are_exported()
    {
        Export("", default);
        Dictionary<string, long> second = Export("", default);
        Assert.Equal((_batches.Points, _batches.All.Length), ((int)second["points"] + 3, (int)second["bytes"] + _batches.Batches[^1].Length));
        Assert.Equal(2, second["cycles"]);
    }

    [Fact]
    public void State_and_ages_of_a_sink_are_exported()
    {
        _influx.Counters.MarkDown();
        _influx.Counters.Waiting(1, 1, TimeSpan.FromHours(1));
        Thread.Sleep(2);
        Dictionary<string, long> exported = Export(_influx.Name, default);
        Assert.Equal(0, exported["up"]);
        Assert.InRange(exported["down_ns"], 1_000_000, 3_600_000_000_000);
        Assert.InRange(exported["queued_age_ns"], 3_600_000_000_000, 7_200_000_000_000);
    }

    [Fact]
    public void Type_that_counts_is_one_of_those_above()
    {
        string[] known =
        [
            nameof(AgentCounter), nameof(AgentCounters), nameof(SinkCounters), nameof(WatchCounts), "WatchCountsResult",
            "ContainerCount", "ContainerCounts", // containers that `check` finds
        ];
        Assert.DoesNotContain(
            typeof(SelfReport).Assembly.GetTypes().Select(type => type.Name),
            name => Regex.IsMatch(name, "Count(er)?s?(Result)?$") && !known.Contains(name));
    }

    /// <summary>Atomic counters outside the counter types must be listed here with their purpose.</summary>
    [Fact]
    public void Atomic_increment_is_in_a_type_of_counters()
    {
        string[] others =
        [
            "AgentCounters.cs", "SinkCounters.cs",
            "Batch.cs", // the references to a batch
            "BackgroundNotifier.cs", // messages to systemd that failed; SelfReport exports them
            "SpoolLosses.cs", // points not logged yet; SinkCounters counts them too
            "Agent.cs", // stop signals, of which the second exits immediately
            "OwnMemoryCgroup.cs", // bytes that the kernel can reclaim
            "OpenConnections.cs", // open connections; refused ones are in AgentCounters
            "StreamSlots.cs", // open streams
            "DetailsBudget.cs", // bytes of state files that requests keep
            "SamplingThread.cs", // the cycles in the status for systemd; SelfReport exports its own count of them
        ];
        string source = Repository.PathOf("src/NsCollector");
        string[] counting =
        [
            .. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
                .Where(path => !Path.GetRelativePath(source, path).StartsWith("obj/", StringComparison.Ordinal))
                .Where(path => Regex.IsMatch(File.ReadAllText(path), @"Interlocked\.(Increment|Add)\("))
                .Select(path => Path.GetFileName(path)),
        ];
        Assert.Equal(others.Order(), counting.Order());
    }

    private void AssertExported(string sink, Action raise)
    {
        string[] risen = Risen(sink, raise);
        Assert.True(risen.Length == 1, $"this counter is in {risen.Length} fields of the measurement nscollector: {string.Join(", ", risen)}");
    }

    /// <summary>The fields that grow by as much as the counter.</summary>
    private string[] Risen(string sink, Action raise)
    {
        Dictionary<string, long> before = Export(sink, default);
        raise();
        Dictionary<string, long> after = Export(sink, default);
        return [.. after.Where(pair => pair.Key != "errors" && pair.Value - before[pair.Key] is >= Rise and < 2 * Rise).Select(pair => pair.Key)];
    }

    private Dictionary<string, long> Export(string sink, CycleReport cycle)
    {
        int batches = _batches.Batches.Count;
        _report.BeginCycle(ContainerList.Empty);
        // The strict parser accepts only times with 19 digits.
        _report.EndCycle(cycle with { TimestampNs = 1_700_000_000_000_000_000 });
        byte[] bytes = [.. _batches.Batches.Skip(batches).SelectMany(batch => batch)];
        Point point = Assert.Single(StrictParser.ParseAll(bytes), point => point.Tags.GetValueOrDefault("sink", "") == sink);
        Assert.Equal("nscollector", point.Measurement);
        return point.Fields.ToDictionary(pair => pair.Key, pair => Assert.IsType<long>(pair.Value));
    }

    private static void RaiseField(SinkCounters counters, string name, int index)
    {
        FieldInfo field = typeof(SinkCounters).GetField(name, Own)!;
        if (index < 0) field.SetValue(counters, (long)field.GetValue(counters)! + Rise);
        else ((long[])field.GetValue(counters)!)[index] += Rise;
    }

    private static WatchCounts Raised(WatchCounts counts, string name)
    {
        object box = counts;
        FieldInfo field = BackingField(typeof(WatchCounts), name);
        field.SetValue(box, (long)field.GetValue(box)! + Rise);
        return (WatchCounts)box;
    }

    private static FieldInfo BackingField(Type type, string property) => type.GetField($"<{property}>k__BackingField", Own)!;
}
