using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class CgroupSamplerTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly CgroupFixture _host = new();
    private CgroupSampler? _sampler;
    private ContainerCgroup? _cgroup;

    private ReadingSet Scalars => _host.Sample.Scalars;

    public void Dispose()
    {
        if (_cgroup is not null) _sampler!.Close(_cgroup);
        Assert.Equal(0, _sampler?.HeldFiles ?? 0);
        _sampler?.Dispose();
        _host.Dispose();
    }

    private CgroupReadResult Read(long nowNs = 1000 * Second)
    {
        _sampler ??= _host.NewSampler();
        _cgroup ??= _sampler.Open(CgroupFixture.NewContainer());
        _host.Sample.Clear();
        return _sampler.Read(_cgroup, _host.Sample, nowNs);
    }

    private Dictionary<string, ReadingSet> Rows(RowTable table) =>
        Enumerable.Range(0, table.Count).ToDictionary(i => Encoding.ASCII.GetString(table[i].Key), i => table[i].Readings);

    // ---- same readings from both versions

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_v1_and_v2_give_the_same_readings(bool v2)
    {
        if (v2) _host.WriteV2();
        else _host.WriteV1();

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
        Assert.Equal(3 * Second, Scalars[Reading.CpuUserNs]);
        Assert.Equal(2 * Second, Scalars[Reading.CpuSystemNs]);
        Assert.Equal(10, Scalars[Reading.CpuNrPeriods]);
        Assert.Equal(4, Scalars[Reading.CpuNrThrottled]);
        Assert.Equal(v2 ? 7000 : 700, Scalars[Reading.CpuThrottledNs]);
        Assert.Equal(1.5, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal(v2 ? 100 : 1024, Scalars[Reading.CpuWeight]);
        Assert.Equal(1_000_000, Scalars[Reading.MemoryUsageBytes]);
        Assert.Equal(800_000, Scalars[Reading.MemoryWorkingSetBytes]);
        Assert.Equal(4_000_000, Scalars[Reading.MemoryLimitBytes]);
        Assert.Equal(20.0, Scalars.GetDouble(Reading.MemoryUsagePercent));
        Assert.Equal(2_000_000, Scalars[Reading.MemoryMaxUsageBytes]);
        Assert.Equal(600_000, Scalars[Reading.MemoryAnonBytes]);
        Assert.Equal(300_000, Scalars[Reading.MemoryFileBytes]);
        Assert.Equal(7, Scalars[Reading.MemorySwapBytes]);
        Assert.Equal(2_000_000, Scalars[Reading.MemorySwapLimitBytes]);
        Assert.Equal(4096, Scalars[Reading.MemoryKernelBytes]);
        Assert.Equal(v2, Scalars.Has(Reading.MemoryKernelTcpBytes));
        Assert.Equal(9, Scalars[Reading.MemoryPgfault]);
        Assert.Equal(3, Scalars[Reading.MemoryFailcnt]);
        Assert.Equal(2, Scalars[Reading.MemoryOomKills]);
        Assert.Equal(5, Scalars[Reading.PidsCurrent]);
        Assert.Equal(100, Scalars[Reading.PidsLimit]);
        Assert.Equal(1, Scalars[Reading.PidsMaxEvents]);
        Assert.Equal(v2, Scalars.Has(Reading.PidsPeak));
        Assert.Equal(ContainerState.Running, _host.Sample.State);

        ReadingSet device = Assert.Single(Rows(_host.Sample.Devices), r => r.Key == "sda").Value;
        Assert.Equal(100, device[Reading.BlkioReadBytes]);
        Assert.Equal(200, device[Reading.BlkioWriteBytes]);
        Assert.Equal(1, device[Reading.BlkioReadOps]);
        Assert.Equal(2, device[Reading.BlkioWriteOps]);
        Assert.Equal(!v2, device.Has(Reading.BlkioSyncBytes));

        Dictionary<string, ReadingSet> hugetlb = Rows(_host.Sample.Hugetlb);
        Assert.Equal(2097152, hugetlb["2MB"][Reading.HugetlbUsageBytes]);
        Assert.Equal(6, hugetlb["2MB"][Reading.HugetlbFailcnt]);
        Assert.False(hugetlb["2MB"].Has(Reading.HugetlbLimitBytes));
        Assert.Equal(1073741824, hugetlb["1GB"][Reading.HugetlbLimitBytes]);
        Assert.Equal(0, hugetlb["1GB"][Reading.HugetlbUsageBytes]);

        Dictionary<string, ReadingSet> pressure = Rows(_host.Sample.Pressure);
        Assert.Equal(v2 ? ["cpu", "io"] : [], pressure.Keys.Order());
        if (v2) Assert.Equal(8, pressure["cpu"][Reading.PressureFullTotalUs]);

        Assert.Equal(0, _host.Sample.Cores.Count);
        Assert.True(_host.Sample.MemoryStat.IsEmpty);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Read_hybrid_uses_unified_for_what_v1_does_not_have()
    {
        string unified = "cgroup/unified" + CgroupFixture.ContainerPath, cpu = "cgroup/cpu" + CgroupFixture.ContainerPath;
        _host.Write("cgroup/unified/cgroup.controllers", "hugetlb\n");
        _host.Write(unified + "/cgroup.events", "populated 1\nfrozen 1\n");
        _host.Write(unified + "/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 99\n");
        _host.Write(unified + "/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=4\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=8\n");
        _host.Write(cpu + "/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 700\n");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(5000, Scalars[Reading.CpuUsageNs]);
        Assert.Equal(10, Scalars[Reading.CpuNrPeriods]);
        Assert.Equal(700, Scalars[Reading.CpuThrottledNs]);
        Assert.Equal(["memory"], Rows(_host.Sample.Pressure).Keys);
        Assert.Equal(ContainerState.Paused, _host.Sample.State);
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
    }

    [Theory]
    [InlineData(5, 3, 2)]
    [InlineData(7_000_001, 6_000_000, 1_000_001)]
    public void Read_hybrid_of_container_in_unified_only_has_cpu_usage(long usage, long user, long system)
    {
        _host.WriteV1("/docker/another");
        string unified = "cgroup/unified" + CgroupFixture.ContainerPath;
        _host.Write("cgroup/unified/cgroup.controllers", "\n");
        _host.Write(unified + "/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(unified + "/cpu.stat", $"usage_usec {usage}\nuser_usec {user}\nsystem_usec {system}\n");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal((usage * 1000, user * 1000, system * 1000), (Scalars[Reading.CpuUsageNs], Scalars[Reading.CpuUserNs], Scalars[Reading.CpuSystemNs]));
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.False(Scalars.Has(Reading.CpuNrPeriods));
        Assert.Equal(ContainerState.Running, _host.Sample.State);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Read_hybrid_prefers_cpuacct_to_cpu_stat_of_unified()
    {
        _host.WriteV1();
        _host.Write("cgroup/unified/cgroup.controllers", "\n");
        _host.Write("cgroup/unified" + CgroupFixture.ContainerPath + "/cpu.stat", "usage_usec 9\nuser_usec 9\nsystem_usec 9\n");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
        Assert.Equal(3 * Second, Scalars[Reading.CpuUserNs]);
    }

    [Fact]
    public void Read_v1_co_mounted_or_missing_controllers_is_no_error()
    {
        _host.WriteV1();
        _host.DeleteDirectory("cgroup/memory");
        _host.DeleteDirectory("cgroup/pids");
        Directory.CreateSymbolicLink(_host.Roots.Cgroup + "/cpuacct", "cpu,cpuacct");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.False(Scalars.Has(Reading.PidsCurrent));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    // ---- absent is not zero

    [Fact]
    public void Cpu_percent_absent_at_first_and_after_counter_fell()
    {
        _host.WriteV2();
        Read(1000 * Second);
        Assert.False(Scalars.Has(Reading.CpuUsagePercent));

        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/cpu.stat", "usage_usec 8000000\n");
        Read(1002 * Second);
        Assert.Equal(150.0, Scalars.GetDouble(Reading.CpuUsagePercent));

        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/cpu.stat", "usage_usec 1000000\n");
        Read(1004 * Second);
        Assert.False(Scalars.Has(Reading.CpuUsagePercent));

        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/cpu.stat", "usage_usec 2000000\n");
        Read(1005 * Second);
        Assert.Equal(100.0, Scalars.GetDouble(Reading.CpuUsagePercent));
    }

    [Theory]
    [InlineData("9223372036854771712\n")]
    [InlineData("9223372036854710272\n")]
    [InlineData("9223372036854775807\n")]
    public void Memory_v1_unlimited_has_no_limit_and_percent_of_host(string unlimited)
    {
        _host.WriteV1();
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.limit_in_bytes", unlimited);
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.memsw.limit_in_bytes", unlimited);
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.stat", $"hierarchical_memory_limit {unlimited}total_inactive_file 200000\n");
        _host.Write("cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath + "/cpu.cfs_quota_us", "-1\n");

        Read();

        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemorySwapLimitBytes));
        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.Equal(100.0 * 800_000 / 1_024_000_000, Scalars.GetDouble(Reading.MemoryUsagePercent), 12);
    }

    [Fact]
    public void Memory_v2_max_is_no_limit()
    {
        _host.WriteV2();
        foreach (string file in (string[])["cpu.max", "memory.max", "memory.swap.max", "pids.max"])
            _host.Write("cgroup" + CgroupFixture.ContainerPath + "/" + file, file == "cpu.max" ? "max 100000\n" : "max\n");

        Read();

        Assert.False(Scalars.Has(Reading.CpuLimitCores));
        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.False(Scalars.Has(Reading.MemorySwapLimitBytes));
        Assert.False(Scalars.Has(Reading.PidsLimit));
        Assert.True(Scalars.Has(Reading.MemoryUsagePercent));
    }

    [Fact]
    public void Memory_limit_above_host_memory_is_reported()
    {
        _host.WriteV2();
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.max", "9223372036854771712\n");

        Read();

        Assert.Equal(9223372036854771712, Scalars[Reading.MemoryLimitBytes]);
    }

    [Fact]
    public void Memory_unreadable_limit_gives_no_percentage()
    {
        _host.WriteV2();
        _host.Delete("cgroup" + CgroupFixture.ContainerPath + "/memory.max");

        Read();

        Assert.False(Scalars.Has(Reading.MemoryUsagePercent));
        Assert.True(Scalars.Has(Reading.MemoryWorkingSetBytes));
    }

    [Fact]
    public void Memory_working_set_is_never_negative()
    {
        _host.WriteV2();
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.current", "5\n");

        Read();

        Assert.Equal(0, Scalars[Reading.MemoryWorkingSetBytes]);
    }

    // ---- other kernels

    [Fact]
    public void Cpu_old_v1_kernel_gives_user_and_system_time_in_ticks()
    {
        _host.WriteV1();
        string cpu = "cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath;
        _host.Delete(cpu + "/cpuacct.usage_user");
        _host.Delete(cpu + "/cpuacct.usage_sys");
        _host.Write(cpu + "/cpuacct.stat", "user 300\nsystem 200\n");

        Read();

        // USER_HZ is 100 on every architecture that .NET runs on.
        Assert.Equal(3 * Second, Scalars[Reading.CpuUserNs]);
        Assert.Equal(2 * Second, Scalars[Reading.CpuSystemNs]);
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void Cpu_v1_reads_usage_all_of_a_few_cores(int cores, bool isUsed)
    {
        _host.WriteV1();
        string all = "cpu user system\n" + string.Concat(Enumerable.Range(0, cores).Select(core => $"{core} {core} 5\n"));
        _host.Write("cgroup/cpu,cpuacct/cpuacct.usage_all", all);
        _host.Write("cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath + "/cpuacct.usage_all", all);

        Read();

        Assert.Equal(isUsed ? 28 : 3 * Second, Scalars[Reading.CpuUserNs]);
        Assert.Equal(isUsed ? 40 : 2 * Second, Scalars[Reading.CpuSystemNs]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu user system\n0 1 2\n1 3\n")]
    [InlineData("cpu user system\n0 1 2\n1 3 4")]
    [InlineData("cpu user system\n0 1 2\n1 3 99999999999999999999\n")]
    [InlineData("cpu system user\n0 1 2\n")]
    public void CpuacctAll_malformed_or_truncated_is_no_reading(string text)
    {
        var readings = new ReadingSet(Reading.CpuUserNs, Reading.CpuSystemNs);
        Assert.Equal(1, CpuacctAllParser.Parse(Encoding.ASCII.GetBytes(text), readings));
        Assert.False(readings.Has(Reading.CpuUserNs) || readings.Has(Reading.CpuSystemNs));
    }

    [Fact]
    public void Blkio_prefers_recursive_files()
    {
        _host.WriteV1();
        string blkio = "cgroup/blkio" + CgroupFixture.ContainerPath;
        _host.Write(blkio + "/blkio.throttle.io_service_bytes_recursive", "8:0 Read 111\nTotal 111\n");
        _host.Write(blkio + "/blkio.bfq.io_service_bytes_recursive", "8:0 Read 999\nTotal 999\n");

        Read();
        Assert.Equal(111, Rows(_host.Sample.Devices)["sda"][Reading.BlkioReadBytes]);
        Read(1001 * Second);
        Assert.Equal(111, Rows(_host.Sample.Devices)["sda"][Reading.BlkioReadBytes]);
        Assert.False(Rows(_host.Sample.Devices)["sda"].Has(Reading.BlkioWriteBytes));
    }

    [Fact]
    public void Blkio_uses_scheduler_files_if_only_they_name_a_device()
    {
        _host.WriteV1();
        string blkio = "cgroup/blkio" + CgroupFixture.ContainerPath;
        _host.Write(blkio + "/blkio.throttle.io_service_bytes", "Total 0\n");
        _host.Write(blkio + "/blkio.throttle.io_serviced", "Total 0\n");
        _host.Write(blkio + "/blkio.bfq.io_service_bytes_recursive", "8:0 Read 77\nTotal 77\n");
        _host.Write(blkio + "/blkio.sectors", "8:0 5\nTotal 5\n");
        _host.Write(blkio + "/blkio.io_queued_recursive", "8:0 Read 2\n8:0 Total 3\nTotal 3\n");

        for (int cycle = 0; cycle < 3; cycle++)
        {
            Read((1000 + cycle) * Second);
            ReadingSet device = Rows(_host.Sample.Devices)["sda"];
            Assert.Equal(77, device[Reading.BlkioReadBytes]);
            Assert.Equal(5, device[Reading.BlkioSectors]);
            Assert.Equal(3, device[Reading.BlkioQueued]);
            Assert.False(device.Has(Reading.BlkioReadOps));
        }

        int held = _sampler!.HeldFiles;
        _host.Write(blkio + "/blkio.throttle.io_service_bytes", "8:0 Read 88\nTotal 88\n");
        Read(1100 * Second);
        Assert.Equal(88, Rows(_host.Sample.Devices)["sda"][Reading.BlkioReadBytes]);
        Read(1101 * Second);
        Assert.Equal(88, Rows(_host.Sample.Devices)["sda"][Reading.BlkioReadBytes]);
        Assert.Equal(held, _sampler.HeldFiles);
    }

    [Fact]
    public void Device_without_name_uses_its_number()
    {
        _host.WriteV2();
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/io.stat", "259:7 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n");

        Read();

        Assert.Equal(["259:7"], Rows(_host.Sample.Devices).Keys);
    }

    [Fact]
    public void Device_renamed_uses_the_new_name_after_cache_lifetime()
    {
        _host.WriteV2();
        Read();
        File.Delete(_host.Roots.Sys + "/dev/block/8:0");
        File.CreateSymbolicLink(_host.Roots.Sys + "/dev/block/8:0", "../../devices/x/sdz");

        Read(1001 * Second);
        Assert.Equal(["sda"], Rows(_host.Sample.Devices).Keys);
        Read(1040 * Second);
        Assert.Equal(["sdz"], Rows(_host.Sample.Devices).Keys);
    }

    [Fact]
    public void Devices_over_limit_are_counted()
    {
        _host.WriteV2();
        _host.Options = _host.Options with { MaxDevices = 1 };
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/io.stat", "8:0 rbytes=1\n8:1 rbytes=1\n8:2 rbytes=1\n");

        Read();

        Assert.Equal(1, _host.Sample.Devices.Count);
        Assert.Equal(2, _host.Counters[AgentCounter.DevicesOverLimit]);
    }

    [Fact]
    public void Read_optional_files_only_if_enabled()
    {
        _host.WriteV1();
        _host.Options = _host.Options with { CpuCores = true, MemoryStat = true, Blkio = false, Hugetlb = false, Pressure = false };

        Read();

        Assert.Equal(4 * Second, Rows(_host.Sample.Cores)["0"][Reading.CoreUsageNs]);
        Assert.Equal(Second, Rows(_host.Sample.Cores)["1"][Reading.CoreUsageNs]);
        Assert.StartsWith("cache 1\n", Encoding.ASCII.GetString(_host.Sample.MemoryStat), StringComparison.Ordinal);
        Assert.Equal(0, _host.Sample.Devices.Count);
        Assert.Equal(0, _host.Sample.Hugetlb.Count);
    }

    // ---- malformed and unreadable files

    [Fact]
    public void Read_empty_truncated_or_huge_values_are_absent()
    {
        _host.WriteV2();
        string directory = "cgroup" + CgroupFixture.ContainerPath;
        _host.Write(directory + "/io.stat", "");
        _host.Write(directory + "/memory.current", "18446744073709551615\n");
        _host.Write(directory + "/memory.peak", "18446744073709551616\n");
        _host.Write(directory + "/memory.stat", "anon 600000\nfile 3000");
        _host.Write(directory + "/pids.current", "");
        _host.Write(directory + "/pids.peak", "12");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(0, _host.Sample.Devices.Count);
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.Equal(1, _host.Sample.ImpossibleCount);
        Assert.False(Scalars.Has(Reading.MemoryMaxUsageBytes));
        Assert.Equal(600_000, Scalars[Reading.MemoryAnonBytes]);
        Assert.False(Scalars.Has(Reading.MemoryFileBytes));
        Assert.False(Scalars.Has(Reading.MemoryWorkingSetBytes));
        Assert.False(Scalars.Has(Reading.PidsCurrent));
        Assert.False(Scalars.Has(Reading.PidsPeak));

        // One error for each of memory.peak, memory.stat and pids.peak.
        Assert.Equal(3, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Read_failed_file_is_counted_and_others_are_read()
    {
        _host.WriteV2();
        _host.Delete("cgroup" + CgroupFixture.ContainerPath + "/memory.current");
        Directory.CreateDirectory(_host.Roots.Cgroup + CgroupFixture.ContainerPath + "/memory.current");

        Assert.Equal(CgroupReadResult.Complete, Read());

        Assert.Equal(1, _host.Counters[AgentCounter.ReadErrors]);
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.True(Scalars.Has(Reading.MemoryAnonBytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_with_stat_interval_leaves_out_what_memory_stat_gives(bool v2)
    {
        if (v2) _host.WriteV2();
        else _host.WriteV1();
        _host.Options = _host.Options with { StatInterval = TimeSpan.FromSeconds(60) };
        int with = 0;
        for (int cycle = 0; cycle < 60; cycle++)
        {
            Read((1000 + cycle * 10) * Second);
            bool isWith = Scalars.Has(Reading.MemoryWorkingSetBytes);
            Assert.True(isWith || cycle > 0);
            Assert.Equal(isWith, Scalars.Has(Reading.MemoryUsagePercent));
            Assert.Equal(isWith, Scalars.Has(Reading.MemoryInactiveFileBytes));
            Assert.Equal(1_000_000, Scalars[Reading.MemoryUsageBytes]);
            if (isWith) with++;
        }

        Assert.InRange(with, 10, 11);
    }

    [Fact]
    public void Read_memory_stat_larger_than_buffer_is_whole()
    {
        _host.WriteV2();
        var text = new StringBuilder();
        for (int i = 0; i < 9000; i++) text.Append("some_key_of_the_future_").Append(i).Append(" 1\n");
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.stat", text + "anon 42\n");

        Read();

        Assert.Equal(42, Scalars[Reading.MemoryAnonBytes]);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    // ---- limits and state

    [Fact]
    public void Limits_are_kept_between_readings_and_then_replaced()
    {
        _host.WriteV2();
        Read();
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/memory.max", "8000000\n");
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/cgroup.events", "populated 1\nfrozen 1\n");

        Read(1001 * Second);
        Assert.Equal(4_000_000, Scalars[Reading.MemoryLimitBytes]);
        Read(1031 * Second);
        Assert.Equal(8_000_000, Scalars[Reading.MemoryLimitBytes]);
        Assert.Equal(10.0, Scalars.GetDouble(Reading.MemoryUsagePercent));
        Assert.Equal(ContainerState.Paused, _host.Sample.State);
    }

    [Fact]
    public void State_cpu_use_ends_paused_before_limits_are_due()
    {
        string container = "cgroup" + CgroupFixture.ContainerPath;
        _host.WriteV2();
        _host.Write(container + "/cgroup.events", "populated 1\nfrozen 1\n");
        Read(1000 * Second);
        Read(1001 * Second);
        Assert.Equal(ContainerState.Paused, _host.Sample.State);

        _host.Write(container + "/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(container + "/cpu.stat", "usage_usec 5200000\nuser_usec 3100000\nsystem_usec 2100000\n");
        Read(1002 * Second);
        Read(1003 * Second);

        Assert.Equal(ContainerState.Running, _host.Sample.State);
    }

    [Fact]
    public void State_no_process_is_empty_even_if_frozen()
    {
        _host.WriteV1();
        _host.Write("cgroup/pids" + CgroupFixture.ContainerPath + "/pids.current", "0\n");
        _host.Write("cgroup/freezer" + CgroupFixture.ContainerPath + "/freezer.state", "FROZEN\n");

        Read();

        Assert.Equal(ContainerState.Empty, _host.Sample.State);
    }

    [Fact]
    public void State_frozen_payload_of_crun_is_paused()
    {
        string container = "cgroup" + CgroupFixture.ContainerPath;
        _host.WriteV2();
        Read(1000 * Second);
        Assert.Equal(ContainerState.Running, _host.Sample.State);

        _host.Write(container + "/container/cgroup.events", "populated 1\nfrozen 1\n");
        Read(1060 * Second);
        Assert.Equal(ContainerState.Paused, _host.Sample.State);

        _host.Write(container + "/container/cgroup.events", "populated 1\nfrozen 0\n");
        Read(1120 * Second);
        Assert.Equal(ContainerState.Running, _host.Sample.State);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void State_v1_frozen_is_paused()
    {
        _host.WriteV1();
        _host.Write("cgroup/freezer" + CgroupFixture.ContainerPath + "/freezer.state", "FROZEN\n");

        Read();

        Assert.Equal(ContainerState.Paused, _host.Sample.State);
    }

    [Fact]
    public void Read_finds_files_of_controller_enabled_later()
    {
        _host.WriteV2();
        _host.Delete("cgroup" + CgroupFixture.ContainerPath + "/pids.current");
        _host.Write("cgroup" + CgroupFixture.ContainerPath + "/cgroup.controllers", "cpu memory io\n");
        Read();
        Assert.False(Scalars.Has(Reading.PidsCurrent));

        _host.WriteV2();
        Read(1001 * Second);
        Assert.False(Scalars.Has(Reading.PidsCurrent));
        Read(1031 * Second);
        Assert.Equal(5, Scalars[Reading.PidsCurrent]);
    }

    // ---- exit of a container

    [Fact]
    public void Read_container_in_no_hierarchy_has_vanished()
    {
        _host.WriteV2("/docker/other");

        Assert.Equal(CgroupReadResult.Vanished, Read());
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    // ---- the descriptor budget

    [Fact]
    public void Budget_exceeded_gives_same_values_and_counts_unheld_files()
    {
        _host.WriteV1();
        _host.Options = _host.Options with { MaxHeldFiles = 3 };
        Read();
        Read(1001 * Second);
        long before = _host.Counters[AgentCounter.FilesOverBudget];
        Read(1002 * Second);

        Assert.Equal(3, _sampler!.HeldFiles);
        Assert.Equal(3, _sampler.HeldFilesPerContainer);
        Assert.Equal(5 * Second, Scalars[Reading.CpuUsageNs]);
        Assert.Equal(600_000, Scalars[Reading.MemoryAnonBytes]);
        Assert.Equal(100, Rows(_host.Sample.Devices)["sda"][Reading.BlkioReadBytes]);
        Assert.Equal(5, Scalars[Reading.PidsCurrent]);

        // 18 files are read each cycle: 4 of cpu, 6 of memory, 2 of blkio, 2 of pids, 4 of hugetlb.
        Assert.Equal(15, _host.Counters[AgentCounter.FilesOverBudget] - before);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Budget_more_containers_closes_lowest_ranks_first()
    {
        const int Containers = 10;
        _host.Options = _host.Options with { MaxHeldFiles = 60 };
        for (int i = 0; i < Containers; i++) _host.WriteV1($"/docker/{i}");
        _sampler = _host.NewSampler();
        var cgroups = new List<ContainerCgroup>();
        for (int i = 0; i < Containers; i++) cgroups.Add(_sampler.Open(CgroupFixture.NewContainer($"/docker/{i}", i)));

        for (int cycle = 0; cycle < 3; cycle++)
        {
            foreach (ContainerCgroup cgroup in cgroups) _sampler.Read(cgroup, _host.Sample, (1000 + cycle) * Second);
            Assert.InRange(_sampler.HeldFiles, 0, 60);
        }

        // A rank is held for all containers or for none.
        Assert.All(cgroups, c => Assert.Equal(cgroups[0].HeldFiles, c.HeldFiles));
        Assert.InRange(_sampler.HeldFiles, 50, 60);

        foreach (ContainerCgroup cgroup in cgroups.Skip(2)) _sampler.Close(cgroup);
        for (int cycle = 3; cycle < 5; cycle++)
        {
            foreach (ContainerCgroup cgroup in cgroups.Take(2)) _sampler.Read(cgroup, _host.Sample, (1000 + cycle) * Second);
        }

        Assert.Equal(18, cgroups[0].HeldFiles);
        Assert.Equal(36, _sampler.HeldFiles);
        foreach (ContainerCgroup cgroup in cgroups) _sampler.Close(cgroup);
        foreach (ContainerCgroup cgroup in cgroups) _sampler.Close(cgroup);
        Assert.Equal(0, _sampler.HeldFiles);
    }
}
