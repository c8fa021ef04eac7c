using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Limits;
using NsCollector.Sample.Net;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>Compares the page with the one that cAdvisor showed for the same files of the kernel.</summary>
public sealed class RecordedPageTests : IDisposable
{
    private static readonly string[] Names = ["v1-burn.quarter", "v1-disk-20", "v1-mem_50", "v1-two-nets", "v2-burn.quarter", "v2-disk-20", "v2-two-nets"];

    /// <summary>Series of cAdvisor whose values or labels differ, by family, each with the reason. docs/prometheus.md has the same list.</summary>
    private static readonly Dictionary<string, string> Differing = new(StringComparer.Ordinal)
    {
        ["container_last_seen"] = "the time at which it was sampled",
        ["container_start_time_seconds"] = "the start of the process, which cAdvisor takes from Docker",
        ["container_creation_time_seconds"] = "absent, because these tests see no birth",
        ["container_tasks_state"] = "absent, because these tests have no kernel that counts tasks",
        ["container_cpu_load_average_10s"] = "cAdvisor's own average of a figure that is 0 without its reader",
        ["container_cpu_load_d_average_10s"] = "the same",
        ["container_cpu_schedstat_run_periods_total"] = "needs a look at every process",
        ["container_cpu_schedstat_run_seconds_total"] = "needs a look at every process",
        ["container_cpu_schedstat_runqueue_seconds_total"] = "needs a look at every process",
        ["container_file_descriptors"] = "needs a look at every process",
        ["container_sockets"] = "needs a look at every process",
        ["container_memory_migrate"] = "a setting of cpuset, not a figure",
        ["container_processes"] = "cAdvisor counts lines of cgroup.procs, which the page does not read",
        ["container_fs_inodes_free"] = "the disk thread reads it, which these tests do not have",
        ["container_fs_inodes_total"] = "the same",
        ["container_fs_limit_bytes"] = "the same",
        ["container_fs_usage_bytes"] = "the same",
    };

    private readonly CgroupFixture _host = new() { Options = new SampleOptions { Limits = true, MemoryDetail = true } };

    public void Dispose() => _host.Dispose();

    public static TheoryData<string> Recordings() => [.. Names];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Page_shows_the_values_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Sections(name);
        Dictionary<string, double> own = Page(files);

        var wrong = new List<string>();
        foreach ((string series, double value) in WithCpuTotal(Series(files["page"])))
        {
            if (IsDiffering(series, name)) continue;
            if (!own.TryGetValue(series, out double shown)) wrong.Add($"{series} {value} is not on the page");
            else if (Math.Abs(shown - value) > 1e-9 * Math.Abs(value)) wrong.Add($"{series} is {shown}, not {value}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void List_of_differences_has_no_family_that_is_equal()
    {
        var equal = new HashSet<string>(Differing.Keys, StringComparer.Ordinal);
        foreach (string name in Names)
        {
            Dictionary<string, string> files = Sections(name);
            Dictionary<string, double> own = Page(files);
            foreach ((string series, double value) in Series(files["page"]))
            {
                if (!own.TryGetValue(series, out double shown) || Math.Abs(shown - value) > 1e-9 * Math.Abs(value)) equal.Remove(FamilyOf(series));
            }
        }

        Assert.Empty(equal);
    }

    // cAdvisor has a series for each core on v1, the page one for all.
    private static Dictionary<string, double> WithCpuTotal(Dictionary<string, double> series)
    {
        string[] cores = [.. series.Keys.Where(name => name.StartsWith("container_cpu_usage_seconds_total{cpu=\"cpu", StringComparison.Ordinal))];
        if (cores.Length == 0) return series;
        series["container_cpu_usage_seconds_total{cpu=\"total\"}"] = cores.Sum(core => series[core]);
        foreach (string core in cores) series.Remove(core);
        return series;
    }

    // Written here and not taken from the catalogue, so that a state that the page loses is noticed.
    private static readonly string[] TcpStatesShown =
    [
        "activeopens", "passiveopens", "attemptfails", "estabresets", "insegs", "outsegs", "retranssegs", "inerrs", "outrsts", "listenoverflows",
        "listendrops", "tcptimeouts", "currestab",
    ];

    private static bool IsDiffering(string series, string name)
    {
        string family = FamilyOf(series);
        if (Differing.ContainsKey(family)) return true;
        bool isV1 = name.StartsWith("v1", StringComparison.Ordinal);
        return family switch
        {
            // cAdvisor reads ticks of 10 ms (cpuacct.stat), the page nanoseconds (cpuacct.usage_user and _sys).
            "container_cpu_user_seconds_total" or "container_cpu_system_seconds_total" => isV1,

            // A container without block I/O gets the whole disk's figures, and times in units of 10^-15 s.
            "container_fs_reads_bytes_total" or "container_fs_writes_bytes_total" or "container_fs_reads_total" or "container_fs_writes_total" => !name.EndsWith("disk-20", StringComparison.Ordinal),
            _ when family.StartsWith("container_fs_", StringComparison.Ordinal) => true,

            // What the kernel does not have is 0 there.
            _ when family.StartsWith("container_pressure_", StringComparison.Ordinal) => isV1,
            "container_memory_file_dirty_bytes" or "container_memory_file_writeback_bytes" or "container_memory_pgscan_total" or "container_memory_pgsteal_total"
                or "container_memory_workingset_refault_file_total" or "container_memory_workingset_refault_anon_total" or "container_memory_events_high_total" => isV1,
            "container_memory_kernel_usage" => !isV1,
            "container_spec_memory_reservation_limit_bytes" => true,
            "container_hugetlb_max_usage_bytes" => !isV1,

            // The sum of Read, Write and Discard.
            "container_blkio_device_usage_total" => series.Contains("operation=\"Total\"", StringComparison.Ordinal),

            // Without a quota, the period has no effect.
            "container_spec_cpu_period" => !name.EndsWith("burn.quarter", StringComparison.Ordinal),

            "container_network_advance_tcp_stats_total" => !TcpStatesShown.Any(state => series.Contains($"tcp_state=\"{state}\"", StringComparison.Ordinal)),
            "container_memory_numa_pages" => series.Contains("scope=\"container\"", StringComparison.Ordinal),
            _ => false,
        };
    }

    private Dictionary<string, double> Page(Dictionary<string, string> files)
    {
        ContainerSample sample = Read(files);
        SetConnections(sample.BeginConnections(), Series(files["page"]));
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, "0123456789abcdef", "x"), CgroupFixture.ContainerPath, null);
        return Series(RenderedPage.Of(new PageOptions { HasLimits = true, HasMemoryDetail = true }, container, sample));
    }

    private ContainerSample Read(Dictionary<string, string> files)
    {
        _host.Write("proc/meminfo", files["meminfo"]);
        foreach ((string name, string text) in files)
        {
            if (name is "meminfo" or "limits" or "page" || name.StartsWith("net/", StringComparison.Ordinal)) continue;
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            string hierarchy = name[..slash] == "unified" ? "" : "/" + name[..slash];
            _host.Write($"cgroup{hierarchy}{CgroupFixture.ContainerPath}{name[slash..]}", text);
            if (name.EndsWith("cgroup.controllers", StringComparison.Ordinal)) _host.Write("cgroup/cgroup.controllers", text);
        }

        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer());
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1_000_000_000_000));
        sampler.Close(cgroup);
        ContainerSample sample = _host.Sample;
        sample.TimestampNs = 1_000_000_000_000;
        Assert.True(NetDevParser.Parse(Bytes(files["net/dev"]), sample.Interfaces, loopback: false, 100, out _));
        Assert.True(new SnmpParser().Parse(Bytes(files["net/snmp"]), sample.Protocols));
        Assert.True(new NetstatParser().Parse(Bytes(files["net/netstat"]), sample.Protocols));
        InitLimits.ParseLimits(Bytes(files["limits"]), sample.Limits!.Readings);
        return sample;
    }

    // Name and labels in the order of their names, without those that identify the container.
    private static Dictionary<string, double> Series(string page)
    {
        var series = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            int space = line.LastIndexOf(' ');
            string name = line[..space];
            int brace = name.IndexOf('{', StringComparison.Ordinal);
            if (brace >= 0)
            {
                IEnumerable<string> labels = name[(brace + 1)..^1].Split(',').Where(label => label.Split('=')[0] is not ("id" or "image" or "name"));
                string all = string.Join(",", labels.Order(StringComparer.Ordinal));
                name = all.Length == 0 ? name[..brace] : $"{name[..brace]}{{{all}}}";
            }

            series[name] = double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return series;
    }

    // The kernel's list of sockets is not in the recordings; the counts that cAdvisor made of it are.
    private static void SetConnections(ReadingSet readings, Dictionary<string, double> series)
    {
        (string State, Reading Both, Reading Ipv6)[] tcp =
        [
            ("established", Reading.ConnectionsEstablished, Reading.ConnectionsIpv6Established), ("synsent", Reading.ConnectionsSynSent, Reading.ConnectionsIpv6SynSent),
            ("synrecv", Reading.ConnectionsSynRecv, Reading.ConnectionsIpv6SynRecv), ("finwait1", Reading.ConnectionsFinWait1, Reading.ConnectionsIpv6FinWait1),
            ("finwait2", Reading.ConnectionsFinWait2, Reading.ConnectionsIpv6FinWait2), ("timewait", Reading.ConnectionsTimeWait, Reading.ConnectionsIpv6TimeWait),
            ("close", Reading.ConnectionsClose, Reading.ConnectionsIpv6Close), ("closewait", Reading.ConnectionsCloseWait, Reading.ConnectionsIpv6CloseWait),
            ("lastack", Reading.ConnectionsLastAck, Reading.ConnectionsIpv6LastAck), ("listen", Reading.ConnectionsListen, Reading.ConnectionsIpv6Listen),
            ("closing", Reading.ConnectionsClosing, Reading.ConnectionsIpv6Closing),
        ];
        (string State, Reading Both, Reading Ipv6)[] udp =
        [
            ("listen", Reading.ConnectionsUdpSockets, Reading.ConnectionsUdpIpv6Sockets), ("dropped", Reading.ConnectionsUdpDrops, Reading.ConnectionsUdpIpv6Drops),
            ("rxqueued", Reading.ConnectionsUdpReceiveQueueBytes, Reading.ConnectionsUdpIpv6ReceiveQueueBytes),
            ("txqueued", Reading.ConnectionsUdpSendQueueBytes, Reading.ConnectionsUdpIpv6SendQueueBytes),
        ];
        Set("tcp", tcp);
        Set("udp", udp);

        void Set(string protocol, (string State, Reading Both, Reading Ipv6)[] states)
        {
            foreach ((string state, Reading both, Reading ipv6) in states)
            {
                if (!series.TryGetValue($"container_network_{protocol}_usage_total{{{protocol}_state=\"{state}\"}}", out double first)) continue;
                double second = series[$"container_network_{protocol}6_usage_total{{{protocol}_state=\"{state}\"}}"];
                readings.Set(both, (long)(first + second));
                readings.Set(ipv6, (long)second);
            }
        }
    }

    private static Dictionary<string, string> Sections(string name)
    {
        using Stream stream = typeof(RecordedPageTests).Assembly.GetManifestResourceStream($"Prometheus/{name}.txt")!;
        using var reader = new StreamReader(stream);

        // The tree of these tests has one block device, sda.
        string text = reader.ReadToEnd().Replace("254:0 ", "8:0 ", StringComparison.Ordinal).Replace("/dev/vda", "/dev/sda", StringComparison.Ordinal)
            .Replace("major=\"254\"", "major=\"8\"", StringComparison.Ordinal);
        return text.Split("== ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(section => section[..section.IndexOf('\n', StringComparison.Ordinal)], section => section[(section.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
    }

    private static string FamilyOf(string series) => series.Split('{')[0];

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
