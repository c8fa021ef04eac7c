using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Peaks;
using NsCollector.Telemetry;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Peaks;

/// <summary>Looks at files of a fixture, with a cycle before and after them.</summary>
public sealed class PeakReaderTests : IDisposable
{
    private readonly CgroupFixture _host = new();
    private readonly CapturingLogger _logger = new();
    private CgroupSampler? _sampler;
    private ContainerCgroup? _cgroup;
    private ContainerPeaks? _peaks;
    private PeakReader? _reader;

    public PeakReaderTests() => _host.Options = _host.Options with { Peaks = TimeSpan.FromMilliseconds(20) };

    public void Dispose()
    {
        _reader?.Dispose();
        if (_cgroup is not null) _sampler?.Close(_cgroup);
        _sampler?.Dispose();
        _host.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_has_the_highest_values_of_all_looks(bool v2)
    {
        Begin(v2);
        Set(v2, usageMs: 6_000, memory: 9_000_000, periods: 25, throttled: 10);
        LookAtAll();
        Set(v2, usageMs: 6_000, memory: 1_500_000, periods: 40, throttled: 10);
        LookAtAll();
        ReadingSet readings = Cycle();

        // 1 s of CPU time in a window of little more than 20 ms.
        Assert.InRange(readings.GetDouble(Reading.CpuUsagePercentMax), 100, 5000);
        Assert.Equal(40, readings.GetDouble(Reading.CpuThrottledPercentMax));
        Assert.Equal(9_000_000, readings[Reading.MemoryUsageBytesMax]);
        Assert.Equal(1_500_000, readings[Reading.MemoryUsageBytes]);
        Look();
        readings = Cycle();
        Assert.Equal(0, readings.GetDouble(Reading.CpuUsagePercentMax));
        Assert.False(readings.Has(Reading.CpuThrottledPercentMax));
        Assert.Equal(1_500_000, readings[Reading.MemoryUsageBytesMax]);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_without_a_look_has_no_peaks(bool v2)
    {
        Begin(v2);
        Set(v2, usageMs: 6_000, memory: 9_000_000, periods: 10, throttled: 4);
        AssertNoPeaks(Cycle());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Interval_counts_as_a_window_of_throttling(bool v2)
    {
        Begin(v2);
        Set(v2, 5_000, 1_000_000, 19, 4);
        LookAtAll();
        Set(v2, 5_000, 1_000_000, 20, 9);
        Assert.Equal(50, Cycle().GetDouble(Reading.CpuThrottledPercentMax));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_peak_is_below_the_value_of_its_own_sample(bool v2)
    {
        Begin(v2);
        Look();

        // Later than the last look.
        Set(v2, usageMs: 9_000, memory: 9_000_000, periods: 10, throttled: 4);
        ReadingSet readings = Cycle();
        Assert.True(readings.GetDouble(Reading.CpuUsagePercent) > 0);
        Assert.Equal(readings.GetDouble(Reading.CpuUsagePercent), readings.GetDouble(Reading.CpuUsagePercentMax));
        Assert.Equal(9_000_000, readings[Reading.MemoryUsageBytesMax]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Throttling_without_a_limit_is_not_looked_at(bool v2)
    {
        Begin(v2, isLimited: false);
        Assert.Equal(2, _sampler!.Budget.PeakFiles);
        Set(v2, 5_000, 1_000_000, 60, 30);
        LookAtAll();
        Assert.False(Cycle().Has(Reading.CpuThrottledPercentMax));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Throttling_of_a_payload_with_a_quota_is_that_of_the_payload(bool v2)
    {
        if (v2) _host.WriteV2();
        else _host.WriteV1();
        string cpu = Cpu(v2);
        _host.Write(cpu + (v2 ? "/cpu.max" : "/cpu.cfs_quota_us"), v2 ? "max 100000\n" : "-1\n");
        Open();
        _cgroup!.Carried.HasPayload = _cgroup.Carried.HasPayloadQuota = true;
        _host.Write(cpu + "/container/cpu.stat", "nr_periods 0\nnr_throttled 0\n");
        ReadingSet readings = _host.Sample.Scalars;
        readings.Set(Reading.CpuUsageNs, 1);
        readings.Set(Reading.CpuNrPeriods, 0);
        readings.SetDouble(Reading.CpuLimitCores, 1);
        _reader!.Complete(_peaks!, _host.Sample);
        _host.Write(cpu + "/container/cpu.stat", "nr_periods 10\nnr_throttled 7\n");
        LookAtAll();
        readings.Clear();
        _reader.Complete(_peaks!, _host.Sample);
        Assert.Equal(70, readings.GetDouble(Reading.CpuThrottledPercentMax));
    }

    [Fact]
    public void Steady_look_allocates_nothing()
    {
        Begin(v2: false);
        Look();
        long least = Allocated.LeastOf(() =>
        {
            while (SystemClock.MonotonicNs() < _reader!.DueNs) Thread.Sleep(1);
            _reader.LookIfDue();
        });
        Assert.Equal(0, least);
    }

    [Fact]
    public void Look_is_not_due_before_its_time_and_never_without_a_file()
    {
        _host.Options = _host.Options with { Peaks = TimeSpan.FromHours(1) };
        Open();
        Assert.Equal(long.MaxValue, _reader!.DueNs);
        Begin(v2: false);
        long due = _reader!.DueNs;
        Assert.InRange(due - SystemClock.MonotonicNs(), 3000_000_000_000, 3600_000_000_000);
        _reader.LookIfDue();
        Assert.Equal(due, _reader.DueNs);
        _host.Options = _host.Options with { Peaks = TimeSpan.FromMilliseconds(20) };
        Begin(v2: false);
        _reader!.Close(_peaks);
        Assert.Equal(0, _sampler!.Budget.PeakFiles);
        Thread.Sleep(25);
        _reader.LookIfDue();
        Assert.Equal(long.MaxValue, _reader.DueNs);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Missing_descriptors_are_counted_in_each_sample_and_logged_once(int free, bool isOver)
    {
        _host.DescriptorLimit = HeldFilesBudget.GeneralReserve + HeldFilesBudget.ReservePerContainer + free;
        Begin(v2: false);
        Cycle();
        Assert.Equal(isOver ? 2 : 0, _host.Counters[AgentCounter.PeaksOverBudget]);
        Assert.Equal(isOver ? 1 : 0, _logger.Entries.Count(entry => entry.Level == LogLevel.Warning));
        Assert.Equal(isOver ? 2 : 3, _sampler!.Budget.PeakFiles);
    }

    [Fact]
    public void Memory_peak_that_can_be_written_is_read_and_reset_once_a_sample()
    {
        _host.WriteV2();
        Open();
        AssertNoPeaks(Cycle());
        string file = "cgroup" + CgroupFixture.ContainerPath + "/memory.peak";
        Assert.True(_peaks!.ResetsMemoryPeak);
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.current", "9000000\n");
        Look();
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.current", "1000000\n");
        _host.Write(file, "7000000\n");
        Assert.Equal(7_000_000, Cycle()[Reading.MemoryUsageBytesMax]);
        Assert.NotEqual("7000000\n", _host.Read(file));
    }

    [Fact]
    public void Files_that_no_longer_fit_into_memory_are_closed()
    {
        Begin(v2: false);
        using TemporaryDirectory own = new();
        File.WriteAllText(own["memory.stat"], "");
        File.WriteAllText(own["memory.limit_in_bytes"], "80000000\n");
        File.WriteAllText(own["memory.usage_in_bytes"], "79000000\n");
        using OwnMemoryCgroup memory = OwnMemoryCgroup.In(own.Path, new CgroupHierarchy(own.Path, "/", IsV2: false, ["memory"]));
        _reader!.EndCycle();
        Assert.Equal(3, _sampler!.Budget.PeakFiles);
        _sampler.Budget.SetMemoryRoom(memory, 0);
        _reader.EndCycle();
        Assert.Equal((0, long.MaxValue), (_sampler.Budget.PeakFiles, NextLook()));
        Cycle();
        Assert.Equal(1, _host.Counters[AgentCounter.PeaksOverBudget]);

        long NextLook()
        {
            Thread.Sleep(25);
            _reader.LookIfDue();
            return _reader.DueNs;
        }
    }

    [Fact]
    public void File_that_cannot_be_read_is_closed_and_opened_again()
    {
        Begin(v2: false);
        _host.Write(Cpu(false) + "/cpuacct.usage", "");
        Look();
        Assert.Equal(2, _sampler!.Budget.PeakFiles);
        Set(false, 5_000, 1_000_000, 10, 4);
        Cycle();
        Assert.Equal(3, _sampler.Budget.PeakFiles);

        // The next look may be due at once, and the window is too short then.
        Look();
        Look();
        Assert.True(Cycle().Has(Reading.CpuUsagePercentMax));
    }

    private static void AssertNoPeaks(ReadingSet readings)
    {
        foreach (Reading peak in (Reading[])[Reading.CpuUsagePercentMax, Reading.CpuThrottledPercentMax, Reading.MemoryUsageBytesMax])
            Assert.False(readings.Has(peak), peak.ToString());
    }

    private static string Cpu(bool v2) => (v2 ? "cgroup" : "cgroup/cpu,cpuacct") + CgroupFixture.ContainerPath;

    private void Begin(bool v2, bool isLimited = true)
    {
        if (v2) _host.WriteV2();
        else _host.WriteV1();
        if (!isLimited) _host.Write(Cpu(v2) + (v2 ? "/cpu.max" : "/cpu.cfs_quota_us"), v2 ? "max 100000\n" : "-1\n");

        // Files of a fixture can be written but not reset.
        if (v2) _host.Delete("cgroup" + CgroupFixture.ContainerPath + "/memory.peak");
        Open();
        AssertNoPeaks(Cycle());
    }

    private void Open()
    {
        if (_sampler is not null) Dispose(_sampler);
        _sampler = _host.NewSampler();
        _cgroup = _sampler.Open(CgroupFixture.NewContainer());
        _peaks = new ContainerPeaks(_cgroup);
        _reader = PeakReader.Create(_host.Options, _sampler, _host.Counters, _logger);
    }

    private void Dispose(CgroupSampler sampler)
    {
        _reader!.Dispose();
        sampler.Close(_cgroup!);
        sampler.Dispose();
    }

    /// <summary>Looks until every file was read: a file with nothing but throttling is read every 400 ms.</summary>
    private void LookAtAll()
    {
        for (int i = 0; i < 20; i++) Look();
    }

    private void Look()
    {
        long due = _reader!.DueNs;
        while (SystemClock.MonotonicNs() < due) Thread.Sleep(1);
        _reader.LookIfDue();
        Assert.NotEqual(due, _reader.DueNs);
    }

    private ReadingSet Cycle()
    {
        _host.Sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, _sampler!.Read(_cgroup!, _host.Sample, SystemClock.MonotonicNs()));
        _reader!.Complete(_peaks!, _host.Sample);
        return _host.Sample.Scalars;
    }

    private void Set(bool v2, long usageMs, long memory, long periods, long throttled)
    {
        string directory = Cpu(v2);
        if (v2)
        {
            _host.Write(directory + "/cpu.stat", $"usage_usec {usageMs * 1000}\nuser_usec 1\nsystem_usec 1\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec 7\n");
            _host.Write(directory + "/memory.current", $"{memory}\n");
            return;
        }

        _host.Write(directory + "/cpuacct.usage", $"{usageMs * 1_000_000}\n");
        _host.Write(directory + "/cpu.stat", $"nr_periods {periods}\nnr_throttled {throttled}\nthrottled_time 700\n");
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.usage_in_bytes", $"{memory}\n");
    }
}
