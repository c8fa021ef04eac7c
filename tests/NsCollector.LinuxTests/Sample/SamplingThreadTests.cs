using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover.Watch;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>The thread between its cycles.</summary>
[Collection(NamespaceTests.Name)]
public sealed class SamplingThreadTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly RecordingConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly WakeSignal _wake = new();
    private readonly CgroupMounts _mounts;
    private string? _failure;
    private SamplingThread? _thread;

    public SamplingThreadTests() => _mounts = _cgroups.Mounts();

    public void Dispose()
    {
        _thread?.RequestStop(TimeSpan.FromSeconds(1));
        Assert.True(_thread?.WaitStopped(TimeSpan.FromSeconds(10)) ?? true);
        _wake.Dispose();
        _cgroups.Dispose();
        Assert.Null(_failure);
    }

    [Fact]
    public void A_birth_and_a_death_are_on_their_way_within_fifty_milliseconds_and_the_end_of_the_flush_within_a_second()
    {
        Start(TimeSpan.FromSeconds(30));
        Eventually.True(() => _thread!.Cycles == 1, "the first cycle");
        Container container = Make(1);
        var delays = new List<long>();
        for (int i = 0; i < 5; i++)
        {
            Thread.Sleep(60);
            container = container with { Key = i + 1 };
            long told = SystemClock.MonotonicNs();
            _source.Publish(container);
            if (i > 0) _source.Happened(new ContainerExit(container with { Key = i }, 5, WatchTexts.None, null, null, null, false));
            _wake.Set();
            long key = container.Key;
            Eventually.True(() => Flushed("sample", key) is not null, "the sample to be flushed");
            delays.Add(Flushed("sample", key)!.Value - told);
            if (i == 0) continue;
            Eventually.True(() => Flushed("exit", key - 1) is not null, "the end to be flushed");
            delays.Add(Flushed("exit", key - 1)!.Value - told);
        }

        // Of a test machine that others use too the worst is not asked.
        Assert.InRange(delays.Order().ElementAt(delays.Count / 2), 0, 50_000_000);
        long last = _consumer.Entries.Last(entry => entry.What is "flush" or "end").MonotonicNs;
        Eventually.True(() => _consumer.Entries.Last().What == "end", "the flush to be ended", patience: TimeSpan.FromSeconds(3));
        Assert.InRange(_consumer.Entries.Last().MonotonicNs - last, 0, 1_500_000_000);
        RecordingConsumer.Entry[] ends = [.. _consumer.Entries.Where(entry => entry.What is "end" or "done")];
        Assert.All(ends.Zip(ends.Skip(1)), pair => Assert.InRange(pair.Second.MonotonicNs - pair.First.MonotonicNs, 990_000_000, long.MaxValue));
        Assert.Equal(1, _thread!.Cycles);
        Assert.Equal(0, _counters[AgentCounter.CyclesLate]);
    }

    [Fact]
    public void A_storm_of_wakes_and_births_neither_delays_a_cycle_nor_runs_more_often_than_fifty_times_a_second()
    {
        long started = SystemClock.MonotonicNs();
        Start(TimeSpan.FromMilliseconds(200));
        Container container = Make(1);
        _source.Publish(container);
        long until = Environment.TickCount64 + 2000;
        int key = 1;
        while (Environment.TickCount64 < until)
        {
            container = container with { Key = ++key };
            _source.Publish(container);
            _wake.Set();
            Thread.Sleep(1);
        }

        long asked = SystemClock.MonotonicNs() - started;
        _thread!.RequestStop(TimeSpan.FromSeconds(1));
        Assert.True(_thread.WaitStopped(TimeSpan.FromSeconds(10)));
        long elapsed = SystemClock.MonotonicNs() - started;
        Assert.True(key > 300, $"{key} births are no storm");
        RecordingConsumer.Entry[] cycles = [.. _consumer.Entries.Where(entry => entry.What == "cycle")];
        // Of a test machine that others use too no millisecond is asked; a storm that delayed cycles would leave few of them.
        // Starting and stopping may take their time too; once the stop is asked for, no other cycle begins.
        Assert.InRange(cycles.Length, asked / 200_000_000 * 6 / 10, (elapsed / 200_000_000) + 2);
        RecordingConsumer.Entry[] births = [.. _consumer.Entries.Where(entry => entry.What == "births")];
        Assert.InRange(births.Length, 10, (elapsed / 20_000_000) + 10);
        long[] between = [.. births.Zip(births.Skip(1)).Select(pair => pair.Second.MonotonicNs - pair.First.MonotonicNs)];
        Assert.True(between.Min() >= 19_000_000, $"two looks {between.Min()} ns apart");
    }

    [Fact]
    public void Cycles_begin_on_their_deadlines_to_the_fraction_of_a_millisecond()
    {
        Start(TimeSpan.FromMilliseconds(100));

        // The first cycle waits for the compiler.
        int next = 5;

        // A machine that others use too is not on time always; a wait in whole milliseconds never would be, in no ten cycles.
        Eventually.True(IsAnyOnTime, "ten cycles in a row that are on time", patience: TimeSpan.FromSeconds(60));

        // Whichever ten in a row, each looked at once: this thread is not to be what keeps the other from its time.
        bool IsAnyOnTime()
        {
            long[] begins = [.. _consumer.Entries.Where(entry => entry.What == "cycle").Select(entry => entry.MonotonicNs)];
            for (; next + 10 <= begins.Length; next++)
            {
                if (IsOnTime(begins[next..(next + 10)])) return true;
            }

            return false;
        }

        // Deadlines are a multiple of the interval apart, so delays do not add up.
        static bool IsOnTime(long[] begins)
        {
            long[] delays = [.. begins.Select((begin, number) => begin - (number * 100_000_000L)).Order()];
            return delays[^1] - delays[0] is >= 0 and < 400_000;
        }
    }

    [Fact]
    public void What_has_happened_is_handed_over_before_the_end()
    {
        Start(TimeSpan.FromSeconds(30));
        Eventually.True(() => _thread!.Cycles == 1, "the first cycle");
        _source.Happened(new ContainerExit(Make(7), 5, WatchTexts.None, null, null, null, false));
        _thread!.RequestStop(TimeSpan.FromSeconds(1));
        Assert.True(_thread.WaitStopped(TimeSpan.FromSeconds(10)));
        Assert.Equal(["cycle", "done", "exit 7", "end"], _consumer.Take());
    }

    [Fact]
    public void Without_a_descriptor_to_wait_for_it_still_keeps_its_deadlines_and_stops()
    {
        _wake.Dispose();
        Start(TimeSpan.FromMilliseconds(100));
        Eventually.True(() => _thread!.Cycles > 5, "cycles");
        _thread!.RequestStop(TimeSpan.FromSeconds(1));
        Assert.True(_thread.WaitStopped(TimeSpan.FromSeconds(10)));
    }

    private long? Flushed(string what, long key)
    {
        bool seen = false;
        foreach (RecordingConsumer.Entry entry in _consumer.Entries)
        {
            seen |= entry.What == what && entry.Key == key;
            if (seen && entry.What is "flush" or "end" or "done" && seen) return entry.MonotonicNs;
        }

        return null;
    }

    private void Start(TimeSpan interval)
    {
        var options = new SampleOptions { Interval = interval, NamespaceRoots = [] };
        var sampler = new Sampler(_source, _consumer, _mounts, new HostRoots(), options, _counters, NullLoggerFactory.Instance);
        _thread = new SamplingThread(sampler, options, _wake, _counters, reason => _failure = reason);
        _thread.Start();
    }

    private Container Make(long key)
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{key}");
        return new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, "c"), path, process.Directory);
    }
}
