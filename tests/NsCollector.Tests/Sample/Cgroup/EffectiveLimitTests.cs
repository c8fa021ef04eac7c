using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>Limits that are set above the container: on a slice, a pod, or the parent that Docker was given.</summary>
public sealed class EffectiveLimitTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private const long HostMemory = 1_000_000L * 1024;
    private const string Slice = "/kubepods.slice", Pod = Slice + "/kubepods-pod1.slice";

    private readonly CgroupFixture _host = new();
    private readonly List<(CgroupSampler Sampler, ContainerCgroup Cgroup)> _open = [];
    private CgroupSampler? _sampler;

    private ReadingSet Scalars => _host.Sample.Scalars;

    public void Dispose()
    {
        foreach ((CgroupSampler sampler, ContainerCgroup cgroup) in _open) sampler.Close(cgroup);
        Assert.Equal(0, _sampler?.Ancestors ?? 0);
        _sampler?.Dispose();
        _host.Dispose();
    }

    private ContainerCgroup Open(string path)
    {
        _sampler ??= _host.NewSampler();
        ContainerCgroup cgroup = _sampler.Open(CgroupFixture.NewContainer(path, _open.Count + 1));
        _open.Add((_sampler, cgroup));
        return cgroup;
    }

    private void Read(ContainerCgroup cgroup, long nowNs = Second)
    {
        _host.Sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, _sampler!.Read(cgroup, _host.Sample, nowNs));
    }

    private void WriteV2(string path, string cpuMax, string memoryMax)
    {
        _host.WriteV2(path);
        _host.Write($"cgroup{path}/cpu.max", cpuMax);
        _host.Write($"cgroup{path}/memory.max", memoryMax);
    }

    [Theory]
    [InlineData("max 100000\n", "max\n", "50000 100000\n", "3000000\n", "max 100000\n", "max\n", 0.5, 3_000_000)]
    [InlineData("max 100000\n", "max\n", "max 100000\n", "max\n", "25000 50000\n", "2000000\n", 0.5, 2_000_000)]
    [InlineData("20000 100000\n", "1000000\n", "50000 100000\n", "3000000\n", "max 100000\n", "max\n", 0.2, 1_000_000)]
    [InlineData("300000 100000\n", "8000000\n", "250000 100000\n", "5000000\n", "700000 100000\n", "4000000\n", 2.5, 4_000_000)]
    [InlineData("max 100000\n", "max\n", "max 100000\n", "max\n", "max 100000\n", "9223372036854771712\n", null, HostMemory)]
    public void Read_v2_effective_limit_is_the_lowest(
        string ownCpu, string ownMemory, string podCpu, string podMemory, string sliceCpu, string sliceMemory, double? cores, long bytes)
    {
        WriteV2(Pod + "/cri-containerd-a.scope", ownCpu, ownMemory);
        WriteV2(Pod, podCpu, podMemory);
        WriteV2(Slice, sliceCpu, sliceMemory);
        Read(Open(Pod + "/cri-containerd-a.scope"));

        Assert.Equal(cores, Scalars.Has(Reading.CpuEffectiveLimitCores) ? Scalars.GetDouble(Reading.CpuEffectiveLimitCores) : null);
        Assert.Equal(bytes, Scalars[Reading.MemoryEffectiveLimitBytes]);
        Assert.Equal(100.0 * 800_000 / bytes, Scalars.GetDouble(Reading.MemoryUsagePercent), 9);
        Assert.Equal(ownMemory != "max\n", Scalars.Has(Reading.MemoryLimitBytes));
        Assert.Equal(!ownCpu.StartsWith("max", StringComparison.Ordinal), Scalars.Has(Reading.CpuLimitCores));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Theory]
    [InlineData("9223372036854771712\n", "150000\n", "40000\n", 9223372036854771712, 0.4, HostMemory)]
    [InlineData("4000000\n", "-1\n", "-1\n", 3_500_000, null, 3_500_000)]
    [InlineData("4000000\n", "150000\n", "-1\n", 2_000_000, 1.5, 2_000_000)]
    public void Read_v1_effective_limit_is_the_lowest(string ownMemory, string ownQuota, string podQuota, long hierarchical, double? cores, long bytes)
    {
        string path = Pod + "/a";
        _host.WriteV1(path);
        _host.Write($"cgroup/memory{path}/memory.limit_in_bytes", ownMemory);
        _host.Write($"cgroup/memory{path}/memory.stat", $"cache 1\nrss 1\nhierarchical_memory_limit {hierarchical}\nhierarchical_memsw_limit 7\ntotal_cache 1\ntotal_rss 3\ntotal_inactive_file 200000\n");
        _host.Write($"cgroup/cpu,cpuacct{path}/cpu.cfs_quota_us", ownQuota);
        _host.Write($"cgroup/cpu,cpuacct{Pod}/cpu.cfs_quota_us", podQuota);
        _host.Write($"cgroup/cpu,cpuacct{Pod}/cpu.cfs_period_us", "100000\n");
        Read(Open(path));

        Assert.Equal(cores, Scalars.Has(Reading.CpuEffectiveLimitCores) ? Scalars.GetDouble(Reading.CpuEffectiveLimitCores) : null);
        Assert.Equal(bytes, Scalars[Reading.MemoryEffectiveLimitBytes]);
        Assert.Equal(100.0 * 800_000 / bytes, Scalars.GetDouble(Reading.MemoryUsagePercent), 9);
        Assert.Equal(3, Scalars[Reading.MemoryAnonBytes]);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Read_ancestor_that_cannot_be_parsed_makes_the_limit_absent()
    {
        WriteV2(Pod + "/a", "20000 100000\n", "1000000\n");
        WriteV2(Pod, "x\n", "y\n");
        Read(Open(Pod + "/a"));

        Assert.False(Scalars.Has(Reading.CpuEffectiveLimitCores));
        Assert.False(Scalars.Has(Reading.MemoryEffectiveLimitBytes));
        Assert.False(Scalars.Has(Reading.MemoryUsagePercent));
        Assert.Equal((0.2, 1_000_000), (Scalars.GetDouble(Reading.CpuLimitCores), Scalars[Reading.MemoryLimitBytes]));
        Assert.Equal(2, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Read_root_of_the_view_counts_if_it_has_limits()
    {
        WriteV2("/a", "max 100000\n", "max\n");
        _host.Write("cgroup/cpu.max", "150000 100000\n");
        _host.Write("cgroup/memory.max", "5000000\n");
        Read(Open("/a"));

        Assert.Equal(1.5, Scalars.GetDouble(Reading.CpuEffectiveLimitCores));
        Assert.Equal(5_000_000, Scalars[Reading.MemoryEffectiveLimitBytes]);
    }

    [Fact]
    public void Read_changed_ancestor_is_seen_with_the_limits()
    {
        WriteV2(Pod + "/a", "max 100000\n", "max\n");
        WriteV2(Pod + "/b", "max 100000\n", "max\n");
        WriteV2(Pod, "max 100000\n", "3000000\n");
        ContainerCgroup a = Open(Pod + "/a"), b = Open(Pod + "/b");
        Assert.Equal(3, _sampler!.Ancestors);
        Read(a);
        _host.Write($"cgroup{Pod}/memory.max", "2000000\n");

        // Siblings within a second share one reading of their ancestors.
        Read(b, Second + 1);
        Assert.Equal(3_000_000, Scalars[Reading.MemoryEffectiveLimitBytes]);
        Read(a, 40 * Second);
        Assert.Equal(2_000_000, Scalars[Reading.MemoryEffectiveLimitBytes]);
    }

    [Fact]
    public void Read_with_ancestors_allocates_nothing()
    {
        _host.Options = _host.Options with { LimitsInterval = TimeSpan.FromMilliseconds(1) };
        WriteV2(Pod + "/a", "max 100000\n", "max\n");
        WriteV2(Pod, "50000 100000\n", "3000000\n");
        ContainerCgroup a = Open(Pod + "/a");
        long now = Second;
        for (int i = 0; i < 20; i++) Read(a, now += Second);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                _host.Sample.Clear();
                _sampler!.Read(a, _host.Sample, now += Second);
            }
        }));
        Assert.Equal(0.5, Scalars.GetDouble(Reading.CpuEffectiveLimitCores));
    }
}
