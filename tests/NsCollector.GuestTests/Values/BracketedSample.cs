using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// A sample of a container, with the kernel's values before and after it. Each value must lie between those two. A value must exist if
/// and only if the kernel has it.
/// </summary>
internal sealed class BracketedSample(CgroupReading before, Sample sample, CgroupReading after)
{
    private delegate double? Kernel(CgroupReading reading);

    private static readonly (string Field, Kernel Of)[] Cpu =
    [
        ("usage_ns", reading => reading.Keyed("cpu.stat", "usage_usec") * 1000),
        ("user_ns", reading => reading.Keyed("cpu.stat", "user_usec") * 1000),
        ("system_ns", reading => reading.Keyed("cpu.stat", "system_usec") * 1000),
        ("nr_periods", Throttling("nr_periods")),
        ("nr_throttled", Throttling("nr_throttled")),
        ("throttled_ns", reading => Throttling("throttled_usec")(reading) * 1000),
        ("nr_bursts", Throttling("nr_bursts")),
        ("burst_ns", reading => Throttling("burst_usec")(reading) * 1000),
        ("weight", reading => reading.Number("cpu.weight")),
        ("limit_cores", CpuLimit),
        ("quota_us", reading => CpuMax(reading, 0)),
        ("period_us", reading => CpuMax(reading, 1)),
        ("effective_limit_cores", EffectiveCpuLimit),
    ];

    private static readonly (string Field, Kernel Of)[] Memory =
    [
        ("usage_bytes", reading => reading.Number("memory.current")),
        ("working_set_bytes", reading => reading.Number("memory.current") - reading.Keyed("memory.stat", "inactive_file")),
        ("limit_bytes", Limit("memory.max")),
        ("effective_limit_bytes", EffectiveMemoryLimit),
        ("max_usage_bytes", reading => reading.Number("memory.peak")),
        ("swap_bytes", reading => reading.Number("memory.swap.current")),
        ("swap_limit_bytes", Limit("memory.swap.max")),
        ("anon_bytes", Stat("anon")),
        ("file_bytes", Stat("file")),
        ("shmem_bytes", Stat("shmem")),
        ("mapped_file_bytes", Stat("file_mapped")),
        ("kernel_bytes", Stat("kernel")),
        ("kernel_tcp_bytes", Stat("sock")),
        ("active_anon_bytes", Stat("active_anon")),
        ("inactive_anon_bytes", Stat("inactive_anon")),
        ("active_file_bytes", Stat("active_file")),
        ("inactive_file_bytes", Stat("inactive_file")),
        ("unevictable_bytes", Stat("unevictable")),
        ("dirty_bytes", Stat("file_dirty")),
        ("writeback_bytes", Stat("file_writeback")),
        ("pgfault", Stat("pgfault")),
        ("pgmajfault", Stat("pgmajfault")),
        ("pgscan", Stat("pgscan")),
        ("pgsteal", Stat("pgsteal")),
        ("workingset_refault_anon", Stat("workingset_refault_anon")),
        ("workingset_refault_file", Stat("workingset_refault_file")),
        ("events_high", reading => reading.Keyed("memory.events", "high")),
        ("failcnt", reading => reading.Keyed("memory.events", "max")),
        ("oom_kills", reading => reading.Keyed("memory.events", "oom_kill")),
    ];

    private static readonly (string Field, Kernel Of)[] Processes =
    [
        ("current", reading => reading.Number("pids.current")),
        ("limit", Limit("pids.max")),
        ("peak", reading => reading.Number("pids.peak")),
        ("max_events", reading => Higher(reading.Keyed("pids.events", "max"), reading.Keyed(CgroupReading.Payload + "pids.events", "max"))),
    ];

    private static readonly (string Field, Kernel Of)[] Tcp =
    [
        .. new[]
        {
            ("active_opens", "ActiveOpens"), ("passive_opens", "PassiveOpens"), ("attempt_fails", "AttemptFails"), ("estab_resets", "EstabResets"),
            ("in_segs", "InSegs"), ("out_segs", "OutSegs"), ("retrans_segs", "RetransSegs"), ("in_errs", "InErrs"), ("out_rsts", "OutRsts"), ("curr_estab", "CurrEstab"),
        }.Select(pair => (pair.Item1, Protocol("snmp", "Tcp", pair.Item2))),
        .. new[] { ("listen_overflows", "ListenOverflows"), ("listen_drops", "ListenDrops"), ("timeouts", "TCPTimeouts") }.Select(pair => (pair.Item1, Protocol("netstat", "TcpExt", pair.Item2))),
        ("in_use", reading => reading.Sockets("TCP", "inuse")),
        ("time_wait", reading => reading.Sockets("TCP", "tw")),
    ];

    private static readonly (string Field, Kernel Of)[] Udp =
    [
        .. new[]
        {
            ("in_datagrams", "InDatagrams"), ("out_datagrams", "OutDatagrams"), ("no_ports", "NoPorts"),
            ("in_errors", "InErrors"), ("rcvbuf_errors", "RcvbufErrors"), ("sndbuf_errors", "SndbufErrors"),
        }.Select(pair => (pair.Item1, Protocol("snmp", "Udp", pair.Item2))),
        ("in_use", reading => reading.Sockets("UDP", "inuse")),
    ];

    /// <summary>The sample.</summary>
    public Sample Sample => sample;

    /// <summary>Compares all points of the cgroup with its files.</summary>
    public void AssertCgroup()
    {
        Assert.InRange(sample.TimestampNs, before.EndedNs, after.BeganNs);
        AssertPoint("container_cpu", null, null, Cpu, "usage_percent");
        AssertPoint("container_memory", null, null, Memory, "usage_percent");
        AssertPoint("container_pids", null, null, Processes);
        AssertTags("container_blkio", "device", after.UsedDevices.Select(device => after.Devices[device]));
        foreach (string device in after.UsedDevices)
        {
            AssertPoint(
                "container_blkio", "device", after.Devices[device],
                [
                    ("read_bytes", reading => reading.Io(device, "rbytes")), ("write_bytes", reading => reading.Io(device, "wbytes")), ("discard_bytes", reading => reading.Io(device, "dbytes")),
                    ("read_ops", reading => reading.Io(device, "rios")), ("write_ops", reading => reading.Io(device, "wios")), ("discard_ops", reading => reading.Io(device, "dios")),
                ]);
        }

        string[] resources = [.. new[] { "cpu", "memory", "io", "irq" }.Where(resource => after.Has(resource + ".pressure"))];
        AssertTags("container_pressure", "resource", resources);
        foreach (string resource in resources)
        {
            AssertPoint(
                "container_pressure", "resource", resource,
                [
                    .. from who in new[] { "some", "full" }
                       from pair in new[] { ("total_us", "total"), ("avg10", "avg10"), ("avg60", "avg60"), ("avg300", "avg300") }
                       select ($"{who}_{pair.Item1}", (Kernel)(reading => reading.Pressure(resource, who, pair.Item2))),
                ]);
        }

        AssertTags("container_hugetlb", "pagesize", after.HugePageSizes);
        foreach (string size in after.HugePageSizes)
        {
            AssertPoint(
                "container_hugetlb", "pagesize", size,
                [
                    ("usage_bytes", reading => reading.Number($"hugetlb.{size}.current")), ("limit_bytes", reading => reading.Number($"hugetlb.{size}.max")),
                    ("failcnt", reading => reading.Keyed($"hugetlb.{size}.events", "max")),
                ]);
        }
    }

    /// <summary>Compares all points of the container's own network namespace with its interfaces and files.</summary>
    public void AssertNetwork()
    {
        AssertTags("container_network", "interface", after.Interfaces);
        foreach (string name in after.Interfaces)
        {
            AssertPoint(
                "container_network", "interface", name,
                [
                    .. from direction in new[] { "rx", "tx" }
                       from counter in new[] { "bytes", "packets", "errors", "dropped" }
                       select ($"{direction}_{counter}", (Kernel)(reading => reading.Link(name, direction, counter))),
                    ("multicast", reading => reading.Link(name, "rx", "multicast")),
                    ("collisions", reading => reading.Link(name, "tx", "collisions")),
                ],
                computed: "host_interface");
        }

        AssertPoint("container_tcp", null, null, Tcp);
        AssertPoint("container_udp", null, null, Udp);
    }

    /// <summary>Asserts that there are no network points, because the container uses another's network or the host's.</summary>
    public void AssertNoNetwork() => Assert.DoesNotContain(sample.Points, point => point.Measurement is "container_network" or "container_tcp" or "container_udp");

    private static Kernel Stat(string key) => reading => reading.Keyed("memory.stat", key);

    private static Kernel Protocol(string file, string protocol, string counter) => reading => reading.Protocol(file, protocol, counter);

    // The lower limit applies, of a cgroup and the one below it with the processes.
    private static double? Lower(double? one, double? other) => one is null || other < one ? other : one;

    // A failed fork counts in the lower cgroup only, or in both.
    private static double? Higher(double? one, double? other) => one is null || other > one ? other : one;

    private static Kernel Limit(string file) => reading => Lower(reading.Number(file), reading.Number(CgroupReading.Payload + file));

    private static double? CpuLimit(CgroupReading reading) => Lower(CpuLimit(reading, ""), CpuLimit(reading, CgroupReading.Payload));

    // The kernel counts periods in the cgroup with the quota.
    private static Kernel Throttling(string key) =>
        reading => reading.Keyed((CpuLimit(reading, "") is null && CpuLimit(reading, CgroupReading.Payload) is not null ? CgroupReading.Payload : "") + "cpu.stat", key);

    private static double? EffectiveMemoryLimit(CgroupReading reading) => !reading.Has("memory.max") ? null
        : Lower(reading.MemoryLimitsAbove.Append(reading.Number("memtotal")!.Value * 1024).Min(), Limit("memory.max")(reading));

    private static double? EffectiveCpuLimit(CgroupReading reading) =>
        reading.CpuLimitsAbove.Select(Cores).Where(limit => limit is not null).Append(CpuLimit(reading)).Aggregate(Lower);

    // Quota or period, of the lower limit.
    private static double? CpuMax(CgroupReading reading, int part)
    {
        double? own = CpuLimit(reading, ""), payload = CpuLimit(reading, CgroupReading.Payload);
        if (own is null && payload is null) return null;
        string where = payload is null || own <= payload ? "" : CgroupReading.Payload;
        return double.Parse(reading.Text(where + "cpu.max")!.Split(' ')[part], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static double? CpuLimit(CgroupReading reading, string where) => Cores(reading.Text(where + "cpu.max"));

    private static double? Cores(string? cpuMax) =>
        cpuMax?.Split(' ') is [var quota and not "max", var period] ? double.Parse(quota, System.Globalization.CultureInfo.InvariantCulture) / double.Parse(period, System.Globalization.CultureInfo.InvariantCulture) : null;

    private void AssertTags(string measurement, string tag, IEnumerable<string> values) =>
        Assert.Equal(values.Order(StringComparer.Ordinal), sample.Points.Where(point => point.Measurement == measurement).Select(point => point.Tags[tag]).Order(StringComparer.Ordinal));

    /// <summary>Checks the only point of a measurement and tag; it must be absent if the kernel has none of its fields. Only the last field is optional.</summary>
    private void AssertPoint(string measurement, string? tag, string? value, IReadOnlyCollection<(string Field, Kernel Of)> fields, string? computed = null)
    {
        Point? point = sample.Points.SingleOrDefault(point => point.Measurement == measurement && (tag is null || point.Tags[tag] == value));
        string[] offered = [.. fields.Where(field => field.Of(before) is not null && field.Of(after) is not null).Select(field => field.Field)];
        string[] reported = [.. (point?.Fields.Keys ?? []).Where(field => field != computed)];
        Assert.True(offered.ToHashSet().SetEquals(reported), $"{measurement} {value} has {string.Join(", ", reported)}, the kernel {string.Join(", ", offered)}");

        foreach ((string field, Kernel kernel) in fields.Where(field => offered.Contains(field.Field)))
        {
            double one = kernel(before)!.Value, other = kernel(after)!.Value;
            double number = Convert.ToDouble(point!.Fields[field], System.Globalization.CultureInfo.InvariantCulture);
            // Counters only grow. Memory and averages may also shrink.
            Assert.True(Math.Min(one, other) <= number && number <= Math.Max(one, other), $"{measurement} {value} {field} of {point.Container} is {number}, the kernel had {one} before and {other} after");
        }
    }
}
