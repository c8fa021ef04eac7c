using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>
/// Containers of crun with the systemd driver: the processes are in <c>container</c> below the unit's cgroup, and some
/// versions set the limits only there. The texts are from Debian 12 (crun 1.8.1, Linux 6.1).
/// </summary>
public sealed class PayloadCgroupTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private const string Own = "cgroup" + CgroupFixture.ContainerPath, Payload = Own + "/container";

    private readonly CgroupFixture _host = new();

    private ReadingSet Scalars => _host.Sample.Scalars;

    public PayloadCgroupTests()
    {
        _host.WriteV2();
        _host.Write(Own + "/cpu.max", "max 100000\n");
        _host.Write(Own + "/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n");
        _host.Write(Own + "/memory.max", "max\n");
        _host.Write(Own + "/memory.swap.max", "max\n");
        _host.Write(Own + "/pids.max", "2965\n");
        _host.Write(Own + "/pids.events", "max 0\n");
        _host.Write(Payload + "/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(Payload + "/cpu.max", "50000 100000\n");
        _host.Write(Payload + "/cpu.stat", "usage_usec 4900000\nuser_usec 2900000\nsystem_usec 2000000\nnr_periods 21\nnr_throttled 20\nthrottled_usec 900\nnr_bursts 0\nburst_usec 0\n");
        _host.Write(Payload + "/memory.max", "33554432\n");
        _host.Write(Payload + "/memory.swap.max", "0\n");
        _host.Write(Payload + "/pids.max", "77\n");
        _host.Write(Payload + "/pids.events", "max 5\n");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Payload_limits_and_events_are_the_containers()
    {
        Read("/container");

        Assert.Equal(0.5, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((21L, 20L, 900_000L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.CpuThrottledNs]));
        Assert.Equal((32L << 20, 0L, 77L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.MemorySwapLimitBytes], Scalars[Reading.PidsLimit]));

        Assert.Equal(5, Scalars[Reading.PidsMaxEvents]);

        // Usage is the container's own, which includes the time before its processes entered the payload.
        Assert.Equal((5 * Second, 3 * Second), (Scalars[Reading.CpuUsageNs], Scalars[Reading.CpuUserNs]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/init.scope")]
    [InlineData("/container/of/its/own")]
    [InlineData("/../another/container")]
    public void Payload_cgroup_created_by_container_itself_is_ignored(string initIn)
    {
        Read(initIn);

        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemorySwapLimitBytes));
        Assert.Equal((2965L, 0L), (Scalars[Reading.PidsLimit], Scalars[Reading.PidsMaxEvents]));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Theory]
    [InlineData("40000 100000", 0.4)]
    [InlineData("60000 100000", 0.5)]
    public void Payload_lower_limit_applies_and_periods_are_of_own_cgroup(string own, double cores)
    {
        _host.Write(Own + "/cpu.max", own + "\n");
        _host.Write(Own + "/memory.max", "16777216\n");
        _host.Write(Own + "/pids.max", "78\n");
        _host.Write(Own + "/pids.events", "max 6\n");

        Read("/container");

        Assert.Equal(cores, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((16L << 20, 77L, 6L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.PidsMaxEvents]));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Fact]
    public void Payload_periods_are_read_each_cycle()
    {
        ReadTwice("/container", 1, () =>
        {
            _host.Write(Payload + "/cpu.stat", "usage_usec 4900000\nnr_periods 31\nnr_throttled 29\nthrottled_usec 1000\n");
            _host.Write(Payload + "/pids.max", "78\n");
        });

        Assert.Equal((31L, 29L, 77L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.PidsLimit]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3600)]
    public void Payload_removed_counts_are_absent_until_limits_are_read(int laterSeconds)
    {
        // A held plain file can be read after its deletion; a held cgroup file fails with ENODEV.
        _host.DescriptorLimit = 1;
        ReadTwice("/container", laterSeconds, () => _host.DeleteDirectory(Payload));

        // When the limits are read again, there is no payload, and the container's own values are reported.
        bool isKnown = laterSeconds > 1;
        Assert.Equal((isKnown, isKnown), (Scalars.Has(Reading.PidsMaxEvents), Scalars.Has(Reading.CpuNrPeriods)));
        Assert.Equal(isKnown ? 2965 : 77, Scalars[Reading.PidsLimit]);
        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7:cpu:/v1 only\n")]
    public void Payload_init_gone_keeps_limits_of_both(string text)
    {
        ReadTwice("/container", 3600, () => _host.Write("proc/7/cgroup", text));

        Assert.Equal((32L << 20, 77L, 21L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.CpuNrPeriods]));
    }

    [Fact]
    public void Payload_created_after_first_reading_is_found()
    {
        ReadTwice("", 3600, () => _host.Write("proc/7/cgroup", $"0::{CgroupFixture.ContainerPath}/container\n"));

        Assert.Equal((32L << 20, 77L, 21L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.CpuNrPeriods]));
    }

    [Fact]
    public void Payload_without_quota_stops_reading_its_periods()
    {
        int held = ReadTwice("/container", 3600, () => _host.Write(Payload + "/cpu.max", "max 100000\n"));

        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.Equal(-1, held);
    }

    [Fact]
    public void Payload_malformed_limit_is_absent()
    {
        _host.Write(Payload + "/memory.max", "33 MiB\n");
        Read("/container", errors: 1);

        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemoryUsagePercent));
    }

    [Fact]
    public void Payload_without_controller_uses_own_limit()
    {
        _host.Delete(Payload + "/memory.max");
        Read("/container");

        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.True(Scalars.Has(Reading.MemoryUsagePercent));
    }

    private void Read(string initIn, int errors = 0)
    {
        using CgroupSampler sampler = _host.NewSampler();
        ProcessDirectory init = Init(initIn);
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer() with { Init = init });
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1000 * Second));
        sampler.Close(cgroup);
        init.Close();
        Assert.Equal(errors, _host.Counters[AgentCounter.ReadErrors]);
    }

    // How many more files are held after the second reading than after the first.
    private int ReadTwice(string initIn, int laterSeconds, Action between)
    {
        using CgroupSampler sampler = _host.NewSampler();
        ProcessDirectory init = Init(initIn);
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer() with { Init = init });
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1000 * Second));
        int before = sampler.HeldFiles;
        between();
        _host.Sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, (1000 + laterSeconds) * Second));
        int held = sampler.HeldFiles - before;
        sampler.Close(cgroup);
        Assert.Equal(0, sampler.HeldFiles);
        init.Close();
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
        return held;
    }

    private ProcessDirectory Init(string initIn)
    {
        _host.Write("proc/7/cgroup", $"1:name=systemd:/\n0::{CgroupFixture.ContainerPath}{initIn}\n");
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_host.Roots.Proc + "/7\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.True(descriptor >= 0);
        return new ProcessDirectory(descriptor, 7, 0);
    }
}
