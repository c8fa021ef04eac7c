using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.History;

public sealed class SampleHistoryTests
{
    private const long Second = 1_000_000_000;

    private readonly AgentCounters _counters = new();
    private readonly ContainerSample _sample = NewSample();

    [Fact]
    public void Record_has_all_readings_that_the_API_shows()
    {
        byte[] record = new byte[4096];
        int length = HistoryRecord.Write(_sample, record);
        var read = new ContainerSample();
        HistoryRecord.Read(record.AsSpan(0, length), read);

        Assert.Equal(_sample.TimestampNs, read.TimestampNs);
        Assert.Equal(-1, read.Scalars[Reading.CpuUsageNs]);
        Assert.Equal(long.MaxValue, read.Scalars[Reading.MemoryUsageBytes]);
        Assert.False(read.Scalars.Has(Reading.MemoryFailcnt));
        Assert.Equal(0.57, read.Pressure[0].Readings.GetDouble(Reading.PressureSomeAvg10));
        Assert.Equal("cpu"u8, read.Pressure[0].Key);
        Assert.Equal((2, 254L, 3L), (read.Devices.Count, read.Devices[1].Major, read.Devices[1].Minor));
        Assert.Equal(7, read.Interfaces[0].Readings[Reading.NetworkTxDropped]);
        Assert.Equal("/dev/sda"u8, read.Filesystems[0].Text(2));

        // No key of the API shows it.
        Assert.True(_sample.Scalars.Has(Reading.MemoryShmemBytes));
        Assert.False(read.Scalars.Has(Reading.MemoryShmemBytes));
    }

    [Fact]
    public void Record_that_does_not_fit_is_not_written()
    {
        int length = HistoryRecord.Write(_sample, new byte[4096]);
        Assert.InRange(length, 50, 1000);
        Assert.Equal(-1, HistoryRecord.Write(_sample, new byte[length - 1]));
    }

    [Fact]
    public void Samples_are_read_oldest_first_within_range_and_number()
    {
        var history = new SampleHistory(TimeSpan.FromMinutes(2), 1 << 20, _counters);
        HistoryChain one = new(), other = new();
        long now = SystemClock.RealtimeNs();
        for (int i = 0; i < 10; i++)
        {
            Append(history, one, now - ((10 - i) * Second));
            Append(history, other, now);
        }

        Assert.Equal([now - (2 * Second), now - Second], Times(history, one, 2));
        Assert.Equal(10, Times(history, one, -1).Count);
        Assert.Empty(Times(history, one, 0));
        Assert.Equal([now - (5 * Second), now - (4 * Second)], Times(history, one, 60, now - (5 * Second), now - (4 * Second)));
        Assert.Equal(Enumerable.Repeat(now, 10), Times(history, other, 60));
    }

    [Fact]
    public void Sample_older_than_the_history_is_not_read()
    {
        var history = new SampleHistory(TimeSpan.FromSeconds(60), 1 << 20, _counters);
        HistoryChain chain = new();
        long now = SystemClock.RealtimeNs();
        Append(history, chain, now - (61 * Second));
        Append(history, chain, now - (30 * Second));
        Assert.Equal([now - (30 * Second)], Times(history, chain, -1));
    }

    [Fact]
    public void Without_history_the_last_sample_is_read()
    {
        var reader = new HistoryReader(null);
        reader.Begin(new HistoryChain(), _sample, 60, toNs: _sample.TimestampNs);
        Assert.Same(_sample, reader.Next());
        Assert.Null(reader.Next());
        reader.Begin(new HistoryChain(), _sample, 60, toNs: _sample.TimestampNs - 1);
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Memory_is_bounded_and_the_oldest_samples_go_first()
    {
        const int Chunks = 3;
        var history = new SampleHistory(TimeSpan.FromHours(1), Chunks * HistoryChunk.Bytes, _counters);
        HistoryChain early = new(), late = new();
        long now = SystemClock.RealtimeNs();
        Append(history, early, now);
        int count = 0;
        while (_counters[AgentCounter.HistoryOverLimit] == 0)
        {
            Append(history, late, now);
            Assert.True(++count < 100_000);
        }

        Assert.Equal(Chunks * HistoryChunk.Bytes, history.AllocatedBytes);

        // Only the sample of the last cycle is left.
        Assert.Equal([1], Times(history, early, -1));

        // The chunk that went is what the counter says; the others are still there.
        Assert.Equal(count + 1 - _counters[AgentCounter.HistoryOverLimit], Times(history, late, -1).Count);
    }

    [Fact]
    public void Steady_cycles_reuse_memory_and_allocate_nothing()
    {
        var history = new SampleHistory(TimeSpan.FromSeconds(100), 64 << 20, _counters);
        HistoryChain[] chains = [.. Enumerable.Range(0, 500).Select(_ => new HistoryChain())];
        long at = Second;
        Cycles(40);
        long steadyBytes = history.AllocatedBytes;
        Assert.InRange(steadyBytes, HistoryChunk.Bytes, 16 << 20);
        Assert.Equal(0, Allocated.LeastOf(() => Cycles(40)));
        Assert.Equal(steadyBytes, history.AllocatedBytes);
        Assert.Equal(0, _counters[AgentCounter.HistoryOverLimit]);

        void Cycles(int count)
        {
            for (int cycle = 0; cycle < count; cycle++, at += 10 * Second)
            {
                foreach (HistoryChain chain in chains) history.Append(chain, _sample, at);
            }
        }
    }

    [Fact]
    public async Task Reader_never_sees_a_record_that_is_being_overwritten()
    {
        var history = new SampleHistory(TimeSpan.FromHours(1), 2 * HistoryChunk.Bytes, _counters);
        HistoryChain chain = new();
        Append(history, chain, SystemClock.RealtimeNs());
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            var sample = new ContainerSample();
            for (long i = 1; !stop.IsCancellationRequested; i++)
            {
                sample.TimestampNs = SystemClock.RealtimeNs();
                sample.Scalars.Set(Reading.CpuUsageNs, i);
                sample.Scalars.Set(Reading.MemoryUsageBytes, i);
                history.Append(chain, sample);
            }
        });
        var reader = new HistoryReader(history);
        var last = new ContainerSample();
        int read = 0;
        while (_counters[AgentCounter.HistoryOverLimit] < 1_000_000)
        {
            reader.Begin(chain, last, -1);
            long before = 0;
            while (reader.Next() is { } sample)
            {
                if (!sample.Scalars.Has(Reading.CpuUserNs)) Assert.Equal(sample.Scalars[Reading.CpuUsageNs], sample.Scalars[Reading.MemoryUsageBytes]);
                Assert.True(sample.Scalars[Reading.CpuUsageNs] > before || before == 0);
                before = sample.Scalars[Reading.CpuUsageNs];
                read++;
            }
        }

        await stop.CancelAsync();
        await writer;
        Assert.True(read > 0);
    }

    [Fact]
    public void History_ends_with_its_container_and_parents_have_one()
    {
        var history = new SampleHistory(TimeSpan.FromMinutes(2), 1 << 20, _counters);
        var samples = new LatestSamples([], TimeSpan.Zero, history: history);
        Container web = NewContainer(1, "/docker/web"), docker = NewContainer(-1, "/docker") with { IsParent = true };
        for (int i = 0; i < 3; i++) Cycle([web]);
        LatestCycle cycle = samples.Acquire();
        Assert.Equal(["/docker", "/docker/web"], cycle.Containers.Select(one => one.Container.CgroupPath));
        Assert.All(cycle.Containers, one => Assert.Equal(3, Times(history, one.History, -1).Count));
        samples.Release(cycle);

        // The same path again is another container.
        Cycle([]);
        Cycle([NewContainer(2, "/docker/web")]);
        cycle = samples.Acquire();
        Assert.Single(Times(history, cycle.Containers[1].History, -1));
        samples.Release(cycle);

        void Cycle(Container[] containers)
        {
            _sample.TimestampNs = SystemClock.RealtimeNs();
            samples.BeginCycle(new ContainerList(1, [.. containers]));
            foreach (Container container in containers) samples.Accept(container, _sample);
            samples.AcceptParent(docker, _sample);
            samples.EndCycle(default);
        }
    }

    private static Container NewContainer(long key, string path) => new(key, new ContainerIdentity(ContainerRuntime.Docker, path[1..]), path, null);

    private static ContainerSample NewSample()
    {
        var sample = new ContainerSample { TimestampNs = 1_700_000_000_123_456_789 };
        sample.Scalars.Set(Reading.CpuUsageNs, -1);
        sample.Scalars.Set(Reading.CpuUserNs, 5);
        sample.Scalars.Set(Reading.MemoryUsageBytes, long.MaxValue);
        sample.Scalars.Set(Reading.MemoryShmemBytes, 4096);
        sample.Pressure.Add("cpu"u8).Readings.SetDouble(Reading.PressureSomeAvg10, 0.57);
        sample.Devices.Add("sda"u8).Readings.Set(Reading.BlkioReadBytes, 1);
        sample.Devices.Add("vda"u8).Number = (254UL << 32) | 3;
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkTxDropped, 7);
        Row root = sample.Filesystems.Add("/"u8);
        root.Readings.Set(Reading.DiskUsedBytes, 8192);
        root.SetTexts(["walk"u8.ToArray(), "/x"u8.ToArray(), "/dev/sda"u8.ToArray()]);
        return sample;
    }

    private void Append(SampleHistory history, HistoryChain chain, long timestampNs)
    {
        _sample.TimestampNs = timestampNs;
        history.Append(chain, _sample);
    }

    private static List<long> Times(SampleHistory history, HistoryChain chain, int most, long fromNs = long.MinValue, long toNs = long.MaxValue)
    {
        var reader = new HistoryReader(history);
        reader.Begin(chain, new ContainerSample { TimestampNs = 1 }, most, fromNs, toNs);
        List<long> times = [];
        while (reader.Next() is { } sample) times.Add(sample.TimestampNs);
        return times;
    }
}
