using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>
/// Containers of crun with the systemd driver on cgroup v1, with and without a unified hierarchy beside it. The texts are from
/// Debian 12, booted with systemd.unified_cgroup_hierarchy=0 (crun 1.8.1, Linux 6.1).
/// </summary>
public sealed class PayloadCgroupV1Tests : IDisposable
{
    private const long Second = 1_000_000_000;
    private const string Unlimited = "9223372036854771712\n";

    private readonly CgroupFixture _host = new();

    private ReadingSet Scalars => _host.Sample.Scalars;

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Payload_limits_and_counts_on_v1_are_the_containers(bool isHybrid)
    {
        WriteFiles(isHybrid);
        Read("/container");

        Assert.Equal((0.5, 64L << 20, 64L << 20, 40L), (Scalars.GetDouble(Reading.CpuLimitCores), Scalars[Reading.MemoryLimitBytes], Scalars[Reading.MemorySwapLimitBytes], Scalars[Reading.PidsLimit]));
        Assert.Equal((0.5, 64L << 20), (Scalars.GetDouble(Reading.CpuEffectiveLimitCores), Scalars[Reading.MemoryEffectiveLimitBytes]));
        Assert.Equal((19L, 7L, 953L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.CpuThrottledNs]));
        Assert.Equal((3L + 11, 2L + 5, 4L), (Scalars[Reading.MemoryFailcnt], Scalars[Reading.MemoryOomKills], Scalars[Reading.PidsMaxEvents]));
        Assert.Equal(ContainerState.Paused, _host.Sample.State);

        // These include what is below.
        Assert.Equal((5 * Second, 1_000_000L), (Scalars[Reading.CpuUsageNs], Scalars[Reading.MemoryUsageBytes]));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "/container/of/its/own")]
    [InlineData(true, "/../another/container")]
    public void Payload_cgroup_of_v1_created_by_container_itself_is_ignored(bool isHybrid, string initIn)
    {
        WriteFiles(isHybrid);
        Read(initIn);

        Assert.All([Reading.CpuLimitCores, Reading.MemoryLimitBytes, Reading.MemorySwapLimitBytes], limit => Assert.False(Scalars.Has(limit)));
        Assert.Equal((2965L, 0L, 3L, 2L), (Scalars[Reading.PidsLimit], Scalars[Reading.CpuNrPeriods], Scalars[Reading.MemoryFailcnt], Scalars[Reading.MemoryOomKills]));
        Assert.Equal(ContainerState.Running, _host.Sample.State);
    }

    [Theory]
    [InlineData("40000", 0.4)]
    [InlineData("60000", 0.5)]
    public void Payload_lower_limit_of_v1_applies(string own, double cores)
    {
        WriteFiles(isHybrid: true);
        _host.Write(OwnIn("cpu,cpuacct") + "/cpu.cfs_quota_us", own + "\n");
        _host.Write(OwnIn("memory") + "/memory.limit_in_bytes", "16777216\n");
        Read("/container");

        Assert.Equal((cores, 16L << 20), (Scalars.GetDouble(Reading.CpuLimitCores), Scalars[Reading.MemoryLimitBytes]));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Fact]
    public void Payload_without_limits_on_v1_uses_those_of_its_own_cgroup()
    {
        WriteFiles(isHybrid: true);
        _host.Write(OwnIn("cpu,cpuacct") + "/cpu.cfs_quota_us", "30000\n");
        _host.Write(OwnIn("cpu,cpuacct") + "/container/cpu.cfs_quota_us", "-1\n");
        _host.Write(OwnIn("memory") + "/container/memory.limit_in_bytes", Unlimited);
        Read("/container");

        Assert.Equal((0.3, 0.3), (Scalars.GetDouble(Reading.CpuLimitCores), Scalars.GetDouble(Reading.CpuEffectiveLimitCores)));
        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Fact]
    public void Payload_counts_of_v1_that_cannot_be_read_are_absent()
    {
        WriteFiles(isHybrid: true);
        _host.Write(OwnIn("memory") + "/container/memory.failcnt", "three\n");
        _host.Delete(OwnIn("memory") + "/container/memory.oom_control");
        Read("/container", errors: 1);

        Assert.Equal((false, false), (Scalars.Has(Reading.MemoryFailcnt), Scalars.Has(Reading.MemoryOomKills)));
    }

    private static string OwnIn(string hierarchy) => $"cgroup/{hierarchy}{CgroupFixture.ContainerPath}";

    private void WriteFiles(bool isHybrid)
    {
        _host.WriteV1();
        string cpu = OwnIn("cpu,cpuacct"), memory = OwnIn("memory"), pids = OwnIn("pids");
        _host.Write(cpu + "/cpu.cfs_quota_us", "-1\n");
        _host.Write(cpu + "/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
        _host.Write(cpu + "/container/cpu.cfs_quota_us", "50000\n");
        _host.Write(cpu + "/container/cpu.cfs_period_us", "100000\n");
        _host.Write(cpu + "/container/cpu.stat", "nr_periods 19\nnr_throttled 7\nthrottled_time 953\n");
        _host.Write(memory + "/memory.limit_in_bytes", Unlimited);
        _host.Write(memory + "/memory.memsw.limit_in_bytes", Unlimited);
        _host.Write(memory + "/memory.stat", "total_cache 300000\ntotal_rss 600000\ntotal_inactive_file 200000\nhierarchical_memory_limit 9223372036854771712\n");
        _host.Write(memory + "/container/cgroup.procs", "7\n");
        _host.Write(memory + "/container/memory.limit_in_bytes", "67108864\n");
        _host.Write(memory + "/container/memory.memsw.limit_in_bytes", "134217728\n");
        _host.Write(memory + "/container/memory.failcnt", "11\n");
        _host.Write(memory + "/container/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
        _host.Write(pids + "/pids.max", "2965\n");
        _host.Write(pids + "/container/pids.max", "40\n");
        _host.Write(pids + "/container/pids.events", "max 4\n");
        _host.Write(OwnIn("freezer") + "/container/freezer.state", "FROZEN\n");
        _host.Write("proc/meminfo", "MemTotal:        1000000 kB\n");
        if (!isHybrid) return;
        _host.Write("cgroup/unified/cgroup.controllers", "\n");
        _host.Write(OwnIn("unified") + "/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(OwnIn("unified") + "/container/cgroup.events", "populated 1\nfrozen 0\n");
    }

    private void Read(string initIn, int errors = 0)
    {
        _host.Write("proc/7/cgroup", $"10:cpu,cpuacct:{CgroupFixture.ContainerPath}{initIn}\n7:memory:{CgroupFixture.ContainerPath}{initIn}\n1:name=systemd:{CgroupFixture.ContainerPath}\n0::{CgroupFixture.ContainerPath}{initIn}\n");
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_host.Roots.Proc + "/7\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.True(descriptor >= 0);
        var init = new ProcessDirectory(descriptor, 7, 0);
        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer() with { Init = init });
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1000 * Second));
        sampler.Close(cgroup);
        init.Close();
        Assert.Equal(errors, _host.Counters[AgentCounter.ReadErrors]);
    }
}
