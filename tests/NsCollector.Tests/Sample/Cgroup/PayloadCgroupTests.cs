using System.Text;
using NsCollector.Catalogue;
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
    public void Limits_that_only_the_payload_has_are_the_containers_and_so_is_what_ran_into_them()
    {
        Read("/container");

        Assert.Equal(0.5, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((21L, 20L, 900_000L), (Scalars[Reading.CpuNrPeriods], Scalars[Reading.CpuNrThrottled], Scalars[Reading.CpuThrottledNs]));
        Assert.Equal((32L << 20, 0L, 77L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.MemorySwapLimitBytes], Scalars[Reading.PidsLimit]));

        Assert.Equal(5, Scalars[Reading.PidsMaxEvents]);

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
        Assert.Equal((2965L, 0L), (Scalars[Reading.PidsLimit], Scalars[Reading.PidsMaxEvents]));
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
        _host.Write(Own + "/pids.events", "max 6\n");

        Read("/container");

        Assert.Equal(cores, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal((16L << 20, 77L, 6L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.PidsMaxEvents]));
        Assert.Equal(0, Scalars[Reading.CpuNrPeriods]);
    }

    [Fact]
    public void Between_two_readings_of_the_limits_the_periods_are_new()
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
    public void A_payload_whose_counts_are_gone_has_none_rather_than_those_of_the_whole(int laterSeconds)
    {
        // A plain file that is held outlives its name; one of a cgroup says ENODEV.
        _host.DescriptorLimit = 1;
        ReadTwice("/container", laterSeconds, () => _host.DeleteDirectory(Payload));

        // Where the limits are read again nothing is below any more, and what there is is told.
        bool isKnown = laterSeconds > 1;
        Assert.Equal((isKnown, isKnown), (Scalars.Has(Reading.PidsMaxEvents), Scalars.Has(Reading.CpuNrPeriods)));
        Assert.Equal(isKnown ? 2965 : 77, Scalars[Reading.PidsLimit]);
        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7:cpu:/v1 only\n")]
    public void Where_init_does_not_tell_any_more_the_limits_stay_those_of_both(string text)
    {
        ReadTwice("/container", 3600, () => _host.Write("proc/7/cgroup", text));

        Assert.Equal((32L << 20, 77L, 21L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.CpuNrPeriods]));
    }

    [Fact]
    public void A_payload_that_comes_after_the_first_reading_is_found_by_the_second()
    {
        ReadTwice("", 3600, () => _host.Write("proc/7/cgroup", $"0::{CgroupFixture.ContainerPath}/container\n"));

        Assert.Equal((32L << 20, 77L, 21L), (Scalars[Reading.MemoryLimitBytes], Scalars[Reading.PidsLimit], Scalars[Reading.CpuNrPeriods]));
    }

    [Fact]
    public void Without_its_quota_the_payload_s_periods_are_no_longer_read_nor_held()
    {
        int held = ReadTwice("/container", 3600, () => _host.Write(Payload + "/cpu.max", "max 100000\n"));

        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.Equal(-1, held);
    }

    [Fact]
    public void A_limit_below_that_cannot_be_understood_is_none_that_is_known()
    {
        _host.Write(Payload + "/memory.max", "33 MiB\n");
        Read("/container", errors: 1);

        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemoryUsagePercent));
    }

    [Fact]
    public void Where_a_controller_is_not_on_below_the_container_s_own_limit_is_all()
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
