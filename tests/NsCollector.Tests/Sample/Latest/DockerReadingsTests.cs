using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Events;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Latest;

public sealed class DockerReadingsTests
{
    private readonly LatestSamples _samples = new([], TimeSpan.Zero, keepsDocker: true);
    private readonly Container _container = new(1, new ContainerIdentity(ContainerRuntime.Docker, "x"), "/docker/x", null);
    private readonly ContainerSample _sample = new();
    private readonly ContainerList _list;
    private readonly byte[] _text = "anon 0\n"u8.ToArray();
    private long _cycles;

    public DockerReadingsTests() => _list = new ContainerList(1, [_container]);

    [Fact]
    public void Sample_before_is_that_of_the_previous_cycle()
    {
        for (int cycle = 1; cycle <= 4; cycle++)
        {
            Cycle(null, memoryStat: cycle != 3);
            LatestCycle latest = _samples.Acquire();
            DockerReadings docker = latest.DockerOf(latest.Find(1)!)!;
            _samples.Release(latest);
            Assert.Equal((cycle, cycle - 1), (docker.Cpu.TimestampNs, docker.CpuBefore.TimestampNs));
            Assert.Equal((10 * cycle, 7), (docker.Cpu.Readings[Reading.CpuUsageNs], docker.NetworkOwnerKey));

            // The third cycle does not read it.
            Assert.Equal($"anon {(cycle == 3 ? 2 : cycle)}\n", System.Text.Encoding.ASCII.GetString(docker.MemoryStat));
            Assert.Equal(cycle > 1, docker.CpuBefore.Readings.Has(Reading.CpuUsageNs));
        }
    }

    [Fact]
    public void Slow_reader_keeps_its_cycle_and_later_ones_have_their_own_before()
    {
        Cycle();
        LatestCycle slow = _samples.Acquire();
        for (int cycle = 2; cycle <= 5; cycle++)
        {
            Cycle();
            LatestCycle latest = _samples.Acquire();
            Assert.Equal(cycle - 1, latest.DockerOf(latest.Find(1)!)!.CpuBefore.TimestampNs);
            _samples.Release(latest);
        }

        Assert.Equal(1, slow.DockerOf(slow.Find(1)!)!.Cpu.TimestampNs);
        _samples.Release(slow);
    }

    [Fact]
    public void Steady_cycle_with_events_allocates_nothing()
    {
        var recorder = new EventRecorder(new EventLog(10, new AgentCounters()), DockerId.Of);
        for (int i = 0; i < 5; i++) Cycle(recorder);
        Assert.Equal(0, Allocated.LeastOf(() => Cycle(recorder)));
    }

    [Fact]
    public async Task Waiting_for_a_cycle_ends_with_the_next_one_and_with_the_run()
    {
        Task next = _samples.NextCycle();
        Assert.False(next.IsCompleted);
        Cycle();
        await next.WaitAsync(TimeSpan.FromSeconds(20));
        next = _samples.NextCycle();
        _samples.EndRun();
        await next.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private void Cycle(EventRecorder? recorder = null, bool memoryStat = true)
    {
        _cycles++;
        _sample.Clear();
        _sample.TimestampNs = _cycles;
        _sample.NetworkOwnerKey = 7;
        _sample.State = ContainerState.Running;
        _sample.Scalars.Set(Reading.CpuUsageNs, 10 * _cycles);
        _sample.TelegrafCores.Add("0"u8).Readings.Set(Reading.CoreUsageNs, 5);
        _text[^2] = (byte)('0' + (_cycles % 10));
        if (memoryStat) _sample.SetMemoryStat(_text);
        _samples.BeginCycle(_list);
        recorder?.BeginCycle(_list);
        _samples.Accept(_container, _sample);
        recorder?.Accept(_container, _sample);
        _samples.EndCycle(default);
    }
}
