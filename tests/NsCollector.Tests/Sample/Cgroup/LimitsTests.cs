using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Limits;
using NsCollector.Telemetry;
using static NsCollector.Tests.Sample.Cgroup.OneContainer;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>container_limits from the texts that Linux 6.18 (v1) and 6.12 (v2) write.</summary>
public sealed class LimitsTests : IDisposable
{
    private const long Unlimited = 9_223_372_036_854_771_712;
    private const string V2 = "cgroup" + CgroupFixture.ContainerPath;

    private readonly CgroupFixture _host = new();
    private readonly OneContainer _container;

    public LimitsTests()
    {
        _container = new OneContainer(_host);
        _host.Options = _host.Options with { Limits = true };
    }

    public void Dispose()
    {
        _container.Dispose();
        _host.Dispose();
    }

    private LimitSample Read(long atSeconds = 1000, string? init = null) => _container.Read(atSeconds, init).Limits!;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Limits_of_a_container_that_starts_are_soon_read_again(bool hasBirth)
    {
        _host.WriteV2();
        _host.Write(V2 + "/cpu.max", "max 100000\n");
        using var starting = new OneContainer(_host) { HasBirth = hasBirth };
        Assert.False(starting.Read(1000).Scalars.Has(Reading.CpuQuotaUs));
        _host.Write(V2 + "/cpu.max", "2000 100000\n");

        bool[] have = [.. Enumerable.Range(1001, 90).Select(second => starting.Read(second).Scalars.Has(Reading.CpuQuotaUs))];

        // The other container's limits are read again after half an interval to a whole one.
        Assert.Equal(hasBirth, have[0]);
        int intervalSeconds = (int)_host.Options.LimitsInterval.TotalSeconds;
        Assert.InRange(Array.IndexOf(have, true), hasBirth ? 0 : (intervalSeconds / 2) - 1, hasBirth ? 0 : intervalSeconds - 1);

        // Their pace slows down once it has started: a change after five seconds is seen as late as in any other container.
        if (!hasBirth) return;
        _host.Write(V2 + "/cpu.max", "max 100000\n");
        have = [.. Enumerable.Range(1091, 61).Select(second => starting.Read(second).Scalars.Has(Reading.CpuQuotaUs))];
        Assert.True(have[0]);
        Assert.False(have[^1]);
    }

    [Fact]
    public void Limits_of_v2_are_those_of_the_files_and_max_is_absent()
    {
        _host.WriteV2();
        _host.Write("cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
        _host.Write(V2 + "/cpuset.cpus", "\n");
        _host.Write(V2 + "/cpuset.mems", "0\n");
        _host.Write(V2 + "/cpuset.cpus.effective", "0-3,8,10-11\n");
        _host.Write(V2 + "/cpuset.mems.effective", "0-1\n");
        _host.Write(V2 + "/cpu.max.burst", "5000\n");
        _host.Write(V2 + "/cpu.idle", "1\n");
        _host.Write(V2 + "/memory.high", "3000000\n");
        _host.Write(V2 + "/memory.low", "0\n");
        _host.Write(V2 + "/memory.min", "max\n");
        _host.Write(V2 + "/memory.swap.high", "max\n");
        _host.Write(V2 + "/memory.zswap.max", "max\n");
        _host.Write(V2 + "/memory.oom.group", "1\n");
        _host.Write(V2 + "/io.max", "8:0 rbps=1048576 wbps=max riops=max wiops=120\n8:16 rbps=max wbps=max riops=max wiops=max\n254:0 rbps=max wbps=max riops=max wiops=100\n");
        _host.Write(V2 + "/io.latency", "8:0 target=75000\n");
        _host.Write(V2 + "/io.weight", "default 100\n8:0 250\n");
        _host.Write(V2 + "/io.bfq.weight", "default 50\n");
        _host.Write(V2 + "/hugetlb.2MB.rsvd.max", "4194304\n");

        LimitSample limits = Read();

        Assert.Equal(
            ["cpu_burst_us=5000", "cpu_idle=1", "cpu_period_us=100000", "cpu_quota_us=150000", "cpu_weight=100", "cpuset_cpus_count=7", "cpuset_mems_count=2",
                "io_bfq_weight=50", "io_weight=100", "memory_high_bytes=3000000", "memory_limit_bytes=4000000", "memory_low_bytes=0", "memory_oom_group=1",
                "memory_swap_limit_bytes=2000000", "pids_limit=100"],
            Present(ContainerLimitsFields.Measurement, limits.Readings));
        Assert.Equal(("", "0", "0-3,8,10-11", "0-1"), (Text(limits.CpusetCpus), Text(limits.CpusetMems), Text(limits.CpusetCpusEffective), Text(limits.CpusetMemsEffective)));
        Assert.Equal(["sda", "254:0"], Rows(limits.Devices).Select(row => Encoding.ASCII.GetString(row.Key)));
        Assert.Equal(["write_iops_limit=100"], Present(ContainerLimitsFields.Devices, limits.Devices[1].Readings));
        Assert.Equal(["latency_target_us=75000", "read_bps_limit=1048576", "weight=250", "write_iops_limit=120"], Present(ContainerLimitsFields.Devices, limits.Devices[0].Readings));
        Assert.Equal(["1GB limit_bytes=1073741824", "2MB rsvd_limit_bytes=4194304"],
            Rows(limits.Hugetlb).SelectMany(row => Present(ContainerLimitsFields.Hugetlb, row.Readings).Select(text => Encoding.ASCII.GetString(row.Key) + " " + text)).Order());
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Limits_of_v1_are_those_of_the_files_and_the_largest_number_is_absent()
    {
        _host.WriteV1();
        string cpu = "cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath, memory = "cgroup/memory" + CgroupFixture.ContainerPath, blkio = "cgroup/blkio" + CgroupFixture.ContainerPath;
        string cpuset = "cgroup/cpuset" + CgroupFixture.ContainerPath;
        _host.Write(cpuset + "/cpuset.cpus", "0-1\n");
        _host.Write(cpuset + "/cpuset.mems", "0\n");
        _host.Write(cpuset + "/cpuset.effective_cpus", "1\n");
        _host.Write(cpuset + "/cpuset.effective_mems", "0\n");
        _host.Write(cpu + "/cpu.cfs_burst_us", "0\n");
        _host.Write(cpu + "/cpu.idle", "0\n");
        _host.Write(memory + "/memory.soft_limit_in_bytes", $"{Unlimited}\n");
        _host.Write(memory + "/memory.swappiness", "60\n");
        _host.Write(memory + "/memory.kmem.limit_in_bytes", $"{Unlimited}\n");
        _host.Write(memory + "/memory.kmem.tcp.limit_in_bytes", "1048576\n");
        _host.Write(memory + "/memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 2\n");
        _host.Write(blkio + "/blkio.throttle.read_bps_device", "8:0 1048576\n");
        _host.Write(blkio + "/blkio.throttle.write_bps_device", "");
        _host.Write(blkio + "/blkio.throttle.write_iops_device", "8:0 120\n7:0 3\n");
        _host.Write(blkio + "/blkio.bfq.weight", "100\n");
        _host.Write(blkio + "/blkio.bfq.weight_device", "default 100\n8:0 300\n");
        _host.Write(blkio + "/blkio.weight", "500\n");
        _host.Write(blkio + "/blkio.weight_device", "8:0 600\n");

        LimitSample limits = Read();

        Assert.Equal(
            ["cpu_burst_us=0", "cpu_idle=0", "cpu_period_us=100000", "cpu_quota_us=150000", "cpu_shares=1024", "cpuset_cpus_count=1", "cpuset_mems_count=1",
                "io_bfq_weight=100", "io_weight=500", "memory_kmem_tcp_limit_bytes=1048576", "memory_limit_bytes=4000000", "memory_memsw_limit_bytes=6000000",
                "memory_oom_kill_disable=1", "memory_swappiness=60", "pids_limit=100"],
            Present(ContainerLimitsFields.Measurement, limits.Readings));
        Assert.Equal(("0-1", "1"), (Text(limits.CpusetCpus), Text(limits.CpusetCpusEffective)));
        Assert.Equal(["sda", "7:0"], Rows(limits.Devices).Select(row => Encoding.ASCII.GetString(row.Key)));
        Assert.Equal(["bfq_weight=300", "read_bps_limit=1048576", "weight=600", "write_iops_limit=120"], Present(ContainerLimitsFields.Devices, limits.Devices[0].Readings));
        Assert.Equal(["1GB"], Rows(limits.Hugetlb).Select(row => Encoding.ASCII.GetString(row.Key)));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Limits_are_there_only_in_cycles_that_read_them()
    {
        _host.WriteV2();
        Assert.True(Read().WasRead);
        LimitSample later = Read(1001);
        Assert.False(later.WasRead);
        Assert.True(later.Readings.IsEmpty);
        Assert.Equal((0, 0), (later.Devices.Count, later.Hugetlb.Count));
        Assert.True(Read(2000).WasRead);
    }

    [Fact]
    public void Limits_that_are_off_open_no_file_and_allocate_no_sample()
    {
        _host.WriteV2();
        _host.Options = new SampleOptions();
        using CgroupSampler sampler = _host.NewSampler();
        Assert.DoesNotContain(sampler.Plan.Files, file => file.Kind == CgroupFileKind.Extra || file.Extras.Length > 0);
        Assert.Null(_container.Read().Limits);
    }

    [Theory]
    [InlineData("/container", 50_000, 200_000, 64, "0", 2_000_000, 7)]
    [InlineData("", 150_000, 100_000, 100, "0-3", null, null)]
    public void Limits_of_payload_apply_if_they_are_lower(string init, long quota, long period, long pids, string cpus, int? high, int? riops)
    {
        _host.WriteV2();
        _host.Write("cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
        _host.Write(V2 + "/cpuset.cpus.effective", "0-3\n");
        _host.Write(V2 + "/container/cgroup.events", "populated 1\nfrozen 0\n");
        _host.Write(V2 + "/container/cpu.max", "50000 200000\n");
        _host.Write(V2 + "/container/pids.max", "64\n");
        _host.Write(V2 + "/memory.high", "max\n");
        _host.Write(V2 + "/container/memory.high", "2000000\n");
        _host.Write(V2 + "/io.max", "");
        _host.Write(V2 + "/container/io.max", "8:0 rbps=max wbps=max riops=7 wiops=max\n");
        _host.Write(V2 + "/container/memory.max", "max\n");
        _host.Write(V2 + "/container/cpuset.cpus.effective", "0\n");

        LimitSample limits = Read(init: init);

        Assert.Equal((quota, period), (limits.Readings[Reading.LimitsCpuQuotaUs], limits.Readings[Reading.LimitsCpuPeriodUs]));
        Assert.Equal((pids, 4_000_000L), (limits.Readings[Reading.LimitsPidsLimit], limits.Readings[Reading.LimitsMemoryLimitBytes]));
        Assert.Equal(cpus, Text(limits.CpusetCpusEffective));
        Assert.Equal(high, limits.Readings.TryGet(Reading.LimitsMemoryHighBytes, out long value) ? (int)value : null);
        Assert.Equal(riops, limits.Devices.Count > 0 ? (int)limits.Devices[0].Readings[Reading.LimitsDeviceReadIops] : null);
    }

    [Fact]
    public void Limits_of_init_are_soft_and_hard_and_unlimited_is_absent()
    {
        _host.WriteV2();
        _host.Write("proc/7/limits", File.ReadAllText("/proc/self/limits"));
        _host.Write("proc/7/oom_score_adj", "-998\n");

        ReadingSet readings = Read(init: "").Readings;

        Assert.Equal(-998, readings[Reading.LimitsOomScoreAdj]);
        string[] lines = File.ReadAllLines("/proc/self/limits");
        Assert.Equal(17, lines.Length);
        Reading soft = Reading.LimitsRlimitCpuSoft;
        foreach (string line in lines[1..].OrderBy(Order))
        {
            string[] columns = line[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((columns[0], columns[1]), (Shown(soft), Shown(soft + 1)));
            soft += 2;
        }

        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);

        string Shown(Reading reading) => readings.TryGet(reading, out long value) ? value.ToString() : "unlimited";

        // The catalogue lists the limits in the order of the kernel's file /proc/PID/limits (lnames in fs/proc/base.c).
        int Order(string line) => Array.IndexOf(lines, line);
    }

    [Theory]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 x                    files     \n", 1)]
    [InlineData("Max open files            1024", 1)]
    [InlineData("Max open files            \n", 1)]
    [InlineData("Max open files\n", 1)]
    [InlineData("Max nonsense              1                    2                    \n", 0)]
    [InlineData("Max open files            99999999999999999999 2                    files     \n", 1)]
    [InlineData("", 0)]
    public void Limits_of_init_that_are_malformed_are_counted(string text, int malformed) =>
        Assert.Equal(malformed, InitLimits.ParseLimits(Encoding.ASCII.GetBytes(text), ReadingSet.Of(SamplePart.Limits)));

    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-3,8\n", 5)]
    [InlineData("0-1023\n", 1024)]
    [InlineData("3-1\n", null)]
    [InlineData("0-\n", null)]
    [InlineData("0,\n", null)]
    [InlineData("0-3", null)]
    [InlineData("0\n1\n", null)]
    [InlineData("a\n", null)]
    [InlineData("0 1\n", null)]
    [InlineData("99999999999\n", null)]
    public void Cpuset_list_is_counted_or_refused(string text, int? numbers) =>
        Assert.Equal(numbers, CpusetParser.TryCount(Encoding.ASCII.GetBytes(text), out long count) ? (int)count : null);

    [Fact]
    public void Cpuset_list_that_is_too_long_leaves_only_its_count()
    {
        _host.WriteV2();
        _host.Write("cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
        _host.Write(V2 + "/cpuset.cpus.effective", string.Join(',', Enumerable.Range(0, 512).Select(i => 2 * i)) + "\n");

        LimitSample limits = Read();

        Assert.Equal("", Text(limits.CpusetCpusEffective));
        Assert.Equal(512, limits.Readings[Reading.LimitsCpusetCpusCount]);
    }

    [Fact]
    public void Limits_malformed_files_are_counted_and_absent()
    {
        _host.WriteV2();
        _host.Write(V2 + "/cpu.idle", "x\n");
        _host.Write(V2 + "/memory.high", "12");
        _host.Write(V2 + "/io.max", "8:0 rbps=x wbps=7\n");
        _host.Write(V2 + "/io.weight", "default x\n8:0 y\ndefault 5 6\n8:0 9");

        LimitSample limits = Read();

        Assert.Equal(4, _host.Counters[AgentCounter.ReadErrors]);
        Assert.False(limits.Readings.Has(Reading.LimitsCpuIdle) || limits.Readings.Has(Reading.LimitsMemoryHighBytes) || limits.Readings.Has(Reading.LimitsIoWeight));
        Assert.Equal(["write_bps_limit=7"], Present(ContainerLimitsFields.Devices, Assert.Single(Rows(limits.Devices)).Readings));
    }

    [Fact]
    public void Limits_parsers_random_bytes_do_not_throw()
    {
        var random = new Random(7);
        byte[][] pieces = [.. ((string[])["default ", "8:0 ", "8:0 rbps=12\n", "8:0 12\n", "rbps=", "max", "target=", "Max open files            ", "unlimited ", " ", "\n", "\n", "0", "12", "-", ",", "0-3", "18446744073709551616", "x"]).Select(Encoding.ASCII.GetBytes)];
        var sample = new ContainerSample();
        sample.BeginLimits();
        var devices = new BlockDeviceRows(new BlockDeviceNames("/nonexistent", TimeSpan.FromSeconds(30)), 16);
        var plan = new CgroupFilePlan(NsCollector.Linux.Cgroup.CgroupMounts.Parse("1 1 0:1 / /c rw - cgroup2 cgroup2 rw\n"), new SampleOptions { Limits = true }, ["2MB"]);
        CgroupFile[] files = [.. plan.Files.Where(file => file.Extras.Length > 0)];
        var reading = new CgroupReading(sample, new CarriedState(1), true, 0);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] text = [.. Enumerable.Range(0, random.Next(14)).SelectMany(_ => random.Next(8) == 0 ? [(byte)random.Next(256)] : pieces[random.Next(pieces.Length)])];
            devices.Begin(sample.Limits!.Devices, 0);
            CgroupFile file = files[random.Next(files.Length)];
            foreach (ExtraParser extra in file.Extras) extra.Parse(file, text, ref reading, devices);
            InitLimits.ParseLimits(text, sample.Limits.Readings);
            InitLimits.ParseOomScoreAdj(text, sample.Limits.Readings);
        }

        Assert.InRange(sample.Limits!.Devices.Count, 1, 16);
    }

    private static string Text(BoundedText text) => Encoding.ASCII.GetString(text.Bytes);

    private static Row[] Rows(RowTable rows) => [.. Enumerable.Range(0, rows.Count).Select(i => rows[i])];
}
