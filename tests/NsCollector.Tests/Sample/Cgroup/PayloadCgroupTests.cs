using System.Text;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>
/// What crun makes of a container with the systemd driver: the processes in <c>container</c> below the unit's cgroup, and by
/// some versions the limits only there. The texts are those of Debian 12 (crun 1.8.1, Linux 6.1).
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
        _host.Write(Payload + "/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(Payload + "/cpu.max", "50000 100000\n");
        _host.Write(Payload + "/cpu.stat", "usage_usec 4900000\nuser_usec 2900000\nsystem_usec 2000000\nnr_periods 21\nnr_throttled 20\nthrottled_usec 900\nnr_bursts 0\nburst_usec 0\n");
        _host.Write(Payload + "/memory.max", "33554432\n");
        _host.Write(Payload + "/memory.swap.max", "0\n");
        _host.Write(Payload + "/pids.max", "77\n");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Limits_that_only_the_payload_has_are_the_containers_and_so_is_what_ran_into_them()
    {
        Read("/container");

        Assert.Equal(0.5, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((21L, 20L, 900_000L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.CpuThrottledNs]));
        Assert.Equal((32L << 20, 0L, 77L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.MemorySwapLimitBytes], Scalars[Reading.PidsLimit]));

        // What was used is that of the whole, before its processes came there too.
        Assert.Equal((5 * Second, 3 * Second), (Scalars[Reading.CpuUsageNs], Scalars[Reading.CpuUserNs]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/init.scope")]
    [InlineData("/container/of/its/own")]
    [InlineData("/../another/container")]
    public void A_cgroup_of_that_name_that_the_container_made_for_itself_has_no_say(string initIn)
    {
        Read(initIn);

        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemorySwapLimitBytes));
        Assert.Equal(2965, Scalars[Reading.PidsLimit]);
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Theory]
    [InlineData("40000 100000", 0.4)]
    [InlineData("60000 100000", 0.5)]
    public void Of_two_limits_the_lower_holds_and_periods_are_those_of_the_containers_own(string own, double cores)
    {
        _host.Write(Own + "/cpu.max", own + "\n");
        _host.Write(Own + "/memory.max", "16777216\n");
        _host.Write(Own + "/pids.max", "78\n");

        Read("/container");

        Assert.Equal(cores, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((16L << 20, 77L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit]));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Fact]
    public void Between_two_readings_of_the_limits_the_periods_are_new()
    {
        Read("/container", cgroup =>
        {
            _host.Write(Payload + "/cpu.stat", "usage_usec 4900000\nnr_periods 31\nnr_throttled 29\nthrottled_usec 1000\n");
            _host.Write(Payload + "/pids.max", "78\n");
        });

        Assert.Equal((31L, 29L, 77L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.PidsLimit]));
    }

    private void Read(string initIn, Action<ContainerCgroup>? beforeSecond = null)
    {
        _host.Write("proc/7/cgroup", $"1:name=systemd:/\n0::{CgroupFixture.ContainerPath}{initIn}\n");
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_host.Roots.Proc + "/7\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.True(descriptor >= 0);
        var init = new ProcessDirectory(descriptor, 7, 0);
        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer() with { Init = init });
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1000 * Second));
        if (beforeSecond is not null)
        {
            beforeSecond(cgroup);
            _host.Sample.Clear();
            Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1001 * Second));
        }

        sampler.Close(cgroup);
        Assert.Equal(0, sampler.HeldFiles);
        init.Close();
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }
}
