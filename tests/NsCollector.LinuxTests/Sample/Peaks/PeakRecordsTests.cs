using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Sample.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Records;
using NsCollector.Sample.Peaks;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Peaks;

/// <summary>Looks by BPF, on the real kernel.</summary>
public sealed class PeakRecordsTests : IDisposable
{
    private static readonly SampleOptions Options = new() { Peaks = TimeSpan.FromMilliseconds(20), CgroupReader = CgroupReaderMode.Bpf };

    private readonly AgentCounters _counters = new();
    private readonly TestCgroup _group = new();
    private readonly ContainerSample _sample = new();
    private readonly CgroupSampler _sampler;
    private readonly ContainerCgroup _cgroup;
    private readonly ContainerPeaks _peaks;
    private readonly PeakReader _reader;

    public PeakRecordsTests()
    {
        _sampler = new CgroupSampler(CgroupMounts.Find(new HostRoots()), new HostRoots(), Options, _counters, NullLogger.Instance);
        _cgroup = _sampler.Open(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, _group.Path), _group.Path, null));
        _peaks = new ContainerPeaks(_cgroup);
        _reader = PeakReader.Create(Options, _sampler, _counters, NullLogger.Instance)!;
        _group.Write("cpu", "cpu.cfs_quota_us", "50000");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _sampler.Close(_cgroup);
        _sampler.Dispose();
        _group.Dispose();
        Assert.Equal(0, _counters[AgentCounter.PeaksOverBudget]);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Looks_take_records_and_hold_no_file()
    {
        Cycle();
        Assert.Equal(0, _sampler.Budget.PeakFiles);
        Assert.True(_peaks.CpuFile.IsRecord && _peaks.MemoryFile.IsRecord && _peaks.ThrottlingFile.IsRecord);

        // It is throttled, and uses more memory than at the next sample.
        long before = _group.Number("memory", "memory.usage_in_bytes");
        _group.Start("x=$(head -c 20000000 /dev/zero | tr '\\0' x); x=; while :; do :; done");
        Look(TimeSpan.FromSeconds(2));
        long peak = _group.Number("memory", "memory.max_usage_in_bytes");
        ReadingSet readings = Cycle();
        Assert.InRange(readings.GetDouble(Reading.CpuUsagePercentMax), readings.GetDouble(Reading.CpuUsagePercent), 110 * Environment.ProcessorCount);
        Assert.InRange(readings.GetDouble(Reading.CpuThrottledPercentMax), 1, 100);
        Assert.InRange(readings[Reading.MemoryUsageBytesMax], before + 20_000_000, peak);
        Assert.Equal(0, _sampler.Budget.PeakFiles);
    }

    [Fact]
    public void Steady_looks_allocate_nothing()
    {
        for (int i = 0; i < 5; i++)
        {
            Cycle();
            Look(TimeSpan.FromMilliseconds(100));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Look(TimeSpan.FromMilliseconds(300));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Looks_end_with_the_cgroup()
    {
        Cycle();
        _sampler.Close(_cgroup);
        Look(TimeSpan.FromMilliseconds(600));
        Assert.Equal(long.MaxValue, _reader.DueNs);
        Assert.False(_peaks.CpuFile.IsOpen || _peaks.MemoryFile.IsOpen || _peaks.ThrottlingFile.IsOpen);
    }

    /// <summary>What was a cgroup's memory is no reading, even before the agent knows that the cgroup is gone.</summary>
    [Fact]
    public void Looks_end_when_the_kernel_removes_the_cgroup()
    {
        Cycle();
        Look(TimeSpan.FromMilliseconds(100));
        Assert.True(_peaks.CpuFile.IsOpen && _peaks.MemoryFile.IsOpen);
        _group.Dispose();
        Look(TimeSpan.FromMilliseconds(600));
        Assert.False(_peaks.CpuFile.IsOpen || _peaks.MemoryFile.IsOpen || _peaks.ThrottlingFile.IsOpen);
        Assert.Equal(long.MaxValue, _reader.DueNs);
    }

    private ReadingSet Cycle()
    {
        _sampler.Begin(isCycle: true, SystemClock.MonotonicNs());
        _sample.Clear();
        _sampler.Read(_cgroup, _sample, SystemClock.MonotonicNs());
        _reader.Complete(_peaks, _sample);
        _sampler.EndCycle(SystemClock.MonotonicNs());
        return _sample.Scalars;
    }

    private void Look(TimeSpan time)
    {
        long end = SystemClock.MonotonicNs() + (time.Ticks * TimeSpan.NanosecondsPerTick);
        while (SystemClock.MonotonicNs() < end)
        {
            _reader.LookIfDue();
            Thread.Sleep(1);
        }
    }
}
