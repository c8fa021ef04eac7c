using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode;

/// <summary>What is left out by suppress_unchanged, beside an encoder that writes every point of the same samples.</summary>
public sealed class UnchangedPointsTests
{
    private const long Second = 1_000_000_000, Start = 1_700_000_000 * Second;
    private const int HeartbeatSeconds = 300, IntervalSeconds = 10;

    private readonly CollectedBatches _all = new(), _changes = new();
    private readonly LineProtocolEncoder[] _encoders;
    private ContainerList _list = ContainerList.Empty;

    public UnchangedPointsTests() => _encoders = [Encoder(_all, 0), Encoder(_changes, HeartbeatSeconds)];

    [Fact]
    public void One_busy_container_of_twenty_writes_a_fifth_and_loses_no_value()
    {
        Container[] containers = [.. Enumerable.Range(1, 40).Select(Named)];
        Publish(containers);
        ContainerSample sample = new();
        for (int cycle = 0; cycle < 120; cycle++)
        {
            Begin();
            for (int i = 0; i < containers.Length; i++)
            {
                // Two of forty always work; each of the others in two cycles.
                int work = i < 2 ? cycle : (cycle >= 2 * i ? 1 : 0) + (cycle >= 2 * i + 50 ? 1 : 0);
                Fill(sample, Start + cycle * IntervalSeconds * Second + i, work);
                Accept(containers[i], sample);
            }

            EndCycle();
        }

        foreach (LineProtocolEncoder encoder in _encoders) encoder.EndRun();
        EndCycle();
        Assert.InRange(_changes.All.Length, 1, _all.All.Length / 5);
        AssertSameAnswers();
    }

    [Fact]
    public void Point_before_a_change_is_written_with_its_own_time()
    {
        Container web = Named(1);
        Publish(web);
        int[] work = [5, 5, 5, 5, 9, 9, 9, 9];
        for (int cycle = 0; cycle < work.Length; cycle++) Cycle(web, cycle, work[cycle]);
        Point[] cpu = [.. Changes().Where(point => point.Measurement == "container_cpu")];
        Assert.Equal([0, 3, 4], cpu.Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
        Assert.Equal([5L, 5L, 9L], cpu.Select(point => point.Fields["usage_ns"]));

        // Its lines go out with the cycle that has the change.
        Point[] info = [.. Changes().Where(point => point.Measurement == "container_info")];
        Assert.Single(info);
        Assert.True(info[0].Fields.ContainsKey("uptime_ns"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Age_alone_is_no_change_wherever_it_is_in_the_line(bool isStateKnown)
    {
        Container web = Named(1);
        Publish(web);
        ContainerSample sample = new();
        for (int cycle = 0; cycle < 5; cycle++)
        {
            Fill(sample, Start + cycle * IntervalSeconds * Second, 5);
            if (!isStateKnown) sample.State = ContainerState.Unknown;
            Begin();
            Accept(web, sample);
            EndCycle();
        }

        Assert.Single(Changes(), point => point.Measurement == "container_info");
    }

    [Fact]
    public void Point_is_written_at_least_once_in_the_interval()
    {
        Container web = Named(1);
        Publish(web);
        for (int cycle = 0; cycle <= 100; cycle++) Cycle(web, cycle, 5);
        Assert.Equal([0, 30, 60, 90], Changes().Where(point => point.Measurement == "container_cpu").Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
    }

    [Fact]
    public void Point_is_written_in_time_if_its_cycle_begins_early()
    {
        Container web = Named(1);
        Publish(web);
        ContainerSample sample = new();
        for (int cycle = 0; cycle <= 100; cycle++)
        {
            // The first cycle is late, like any that has to open files.
            Fill(sample, Start + cycle * IntervalSeconds * Second + (cycle == 0 ? 3_000_000 : cycle % 7 * 1000), 5);
            Begin();
            Accept(web, sample);
            EndCycle();
        }

        Assert.Equal([0, 30, 60, 90], Changes().Where(point => point.Measurement == "container_cpu").Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
    }

    [Theory]
    [InlineData("exit")]
    [InlineData("leaves the list")]
    [InlineData("renamed")]
    [InlineData("host renamed")]
    [InlineData("agent stops")]
    public void Last_point_of_a_series_that_ends_is_written(string how)
    {
        Container web = Named(1);
        Publish(web);
        for (int cycle = 0; cycle < 5; cycle++) Cycle(web, cycle, 5);
        switch (how)
        {
            case "exit":
                foreach (LineProtocolEncoder encoder in _encoders) encoder.AcceptExit(web, new ExitSample { TimestampNs = Start + 45 * Second });
                break;
            case "leaves the list":
                Publish();
                break;
            case "renamed":
                Publish(web with { Identity = web.Identity with { Name = "renamed" } });
                break;
            case "host renamed":
                foreach (LineProtocolEncoder encoder in _encoders) encoder.SetHost("other");
                break;
            default:
                foreach (LineProtocolEncoder encoder in _encoders) encoder.EndRun();
                break;
        }

        Begin();
        EndCycle();
        List<Point> changes = Changes();
        foreach (string measurement in (string[])["container_info", "container_cpu", "container_network"])
            Assert.Equal([0, 4], changes.Where(point => point.Measurement == measurement).Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
        if (how == "exit") Assert.Equal("container_exit", changes[^1].Measurement);
    }

    [Fact]
    public void Series_of_a_removed_interface_ends_with_its_last_point()
    {
        Container web = Named(1);
        Publish(web);
        for (int cycle = 0; cycle < 60; cycle++) Cycle(web, cycle, 5, hasSecond: cycle < 5);
        Assert.Equal([0, 4], Changes().Where(point => point.Tags.GetValueOrDefault("interface") == "eth1").Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
    }

    [Fact]
    public void Series_goes_on_after_the_clock_was_set_back()
    {
        Container web = Named(1);
        Publish(web);
        int[] cycles = [100, 101, 102, 3, 4, 5];
        foreach (int cycle in cycles) Cycle(web, cycle, 5);
        Assert.Equal([100, 102, 3], Changes().Where(point => point.Measurement == "container_cpu").Select(point => (point.TimestampNs - Start) / (IntervalSeconds * Second)));
    }

    [Fact]
    public void Steady_cycle_allocates_nothing()
    {
        Container web = Named(1);
        Publish(web);
        ContainerSample sample = new();
        long timeNs = Start;
        var encoder = new LineProtocolEncoder(Options(HeartbeatSeconds), new BatchPool(65536), new Discarding(), new AgentCounters());
        encoder.BeginCycle(_list);
        for (int i = 0; i < 10; i++) Sample();
        Assert.Equal(0, Allocated.LeastOf(Sample));

        void Sample()
        {
            timeNs += IntervalSeconds * Second;
            Fill(sample, timeNs, timeNs / (70 * Second) % 10);
            encoder.Accept(web, sample);
            encoder.EndCycle(default);
        }
    }

    /// <summary>Values of every point that was left out are those of the last point before it, and of the next one if that is at the time of the next sample.</summary>
    private void AssertSameAnswers()
    {
        var written = Changes().GroupBy(Series).ToDictionary(group => group.Key, group => group.OrderBy(point => point.TimestampNs).ToArray());
        foreach (IGrouping<string, Point> series in StrictParser.ParseAll(_all.All).GroupBy(Series))
        {
            Point[] changes = written[series.Key], all = [.. series.OrderBy(point => point.TimestampNs)];
            int at = 0;
            for (int i = 0; i < all.Length; i++)
            {
                while (at + 1 < changes.Length && changes[at + 1].TimestampNs <= all[i].TimestampNs) at++;
                Assert.Equal(Fields(all[i]), Fields(changes[at]));
                Assert.InRange(all[i].TimestampNs - changes[at].TimestampNs, 0, HeartbeatSeconds * Second);

                // A rate between two written points is the one between the two samples there.
                bool hasChanged = i > 0 && !Fields(all[i]).SequenceEqual(Fields(all[i - 1]));
                if (hasChanged) Assert.Equal((all[i - 1].TimestampNs, all[i].TimestampNs), (changes[at - 1].TimestampNs, changes[at].TimestampNs));
            }

            Assert.Equal(all[^1].TimestampNs, changes[^1].TimestampNs);
        }

        static string Series(Point point) => point.Measurement + string.Concat(point.Tags.Select(tag => $",{tag.Key}={tag.Value}"));

        static KeyValuePair<string, object>[] Fields(Point point) => [.. point.Fields.Where(field => field.Key != "uptime_ns").OrderBy(field => field.Key)];
    }

    private static LineProtocolEncoder Encoder(CollectedBatches collected, int suppressSeconds) =>
        new(Options(suppressSeconds), new BatchPool(65536), collected, new AgentCounters());

    private static EncodeOptions Options(int suppressSeconds) => new() { Host = "h", SuppressUnchanged = TimeSpan.FromSeconds(suppressSeconds) };

    private static Container Named(int key) => new(key, new ContainerIdentity(ContainerRuntime.Docker, $"{key:d64}", $"c{key}"), $"/docker/{key}", null);

    private static void Fill(ContainerSample sample, long timeNs, long work, bool hasSecond = false)
    {
        sample.Clear();
        sample.TimestampNs = timeNs;
        sample.State = ContainerState.Running;
        sample.Scalars.Set(Reading.InfoPid, 42);
        sample.Scalars.Set(Reading.InfoUptimeNs, timeNs - Start);
        sample.Scalars.Set(Reading.CpuUsageNs, work);
        sample.Scalars.SetDouble(Reading.CpuUsagePercent, work / 2.0);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 4096 * work);
        sample.Protocols.Set(Reading.TcpCurrEstab, work);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 100 * work);
        if (hasSecond) sample.Interfaces.Add("eth1"u8).Readings.Set(Reading.NetworkRxBytes, 7);
    }

    private void Cycle(Container container, int cycle, long work, bool hasSecond = false)
    {
        ContainerSample sample = new();
        Fill(sample, Start + cycle * IntervalSeconds * Second, work, hasSecond);
        Begin();
        Accept(container, sample);
        EndCycle();
    }

    private void Publish(params Container[] containers) => _list = new ContainerList(_list.Generation + 1, [.. containers]);

    private void Begin()
    {
        foreach (LineProtocolEncoder encoder in _encoders) encoder.BeginCycle(_list);
    }

    private void Accept(Container container, ContainerSample sample)
    {
        foreach (LineProtocolEncoder encoder in _encoders) encoder.Accept(container, sample);
    }

    private void EndCycle()
    {
        foreach (LineProtocolEncoder encoder in _encoders) encoder.EndCycle(default);
    }

    private List<Point> Changes() => StrictParser.ParseAll(_changes.All);

    private sealed class Discarding : IBatchReceiver
    {
        public void Publish(Batch batch) => batch.Release();
    }
}
