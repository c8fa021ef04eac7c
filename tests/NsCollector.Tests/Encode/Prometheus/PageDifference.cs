using System.Globalization;
using System.Text.RegularExpressions;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>What the page shows in the place of a series of cAdvisor. docs/prometheus.md has the same list.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Value">The value by the kernel's files; null if the page must not have the series.</param>
internal sealed record PageDifference(string Reason, double? Value)
{
    /// <summary>The difference of a series; null if its value must be cAdvisor's.</summary>
    /// <param name="series">Name and labels.</param>
    /// <param name="cadvisor">cAdvisor's value.</param>
    /// <param name="files">The kernel's files.</param>
    public static PageDifference? Of(string series, double cadvisor, Dictionary<string, string> files)
    {
        string family = series.Split('{')[0];
        bool isV2 = files.ContainsKey("unified/memory.current");
        return OfReading(series, family, files) ?? (isV2 ? OfV2(family, files) : OfV1(family, cadvisor, files)) ?? OfDisk(family, files, isV2);
    }

    // On both versions of cgroups.
    private static PageDifference? OfReading(string series, string family, Dictionary<string, string> files) => family switch
    {
        _ when family.StartsWith("container_network_", StringComparison.Ordinal) && !files.ContainsKey("net/dev") => Absent("the network is that of the pod's first container"),
        "container_last_seen" => new("the time of the sample", RecordedPageTests.SampledAt),
        "container_creation_time_seconds" => Absent("these tests see no birth"),
        "container_tasks_state" => Absent("these tests have no kernel that counts tasks"),
        "container_processes" => Absent("these tests have no kernel that counts tasks"),
        "container_cpu_load_average_10s" or "container_cpu_load_d_average_10s" => Absent("0 without cAdvisor's load reader"),
        "container_cpu_schedstat_run_periods_total" or "container_cpu_schedstat_run_seconds_total" or "container_cpu_schedstat_runqueue_seconds_total" => Absent("cgroups do not sum figures of tasks"),
        "container_file_descriptors" or "container_sockets" => Absent("needs a look at every process"),
        "container_memory_migrate" => Absent("a setting, not a figure"),
        "container_network_tcp_usage_total" or "container_network_tcp6_usage_total" or "container_network_udp_usage_total" or "container_network_udp6_usage_total"
            when !files.ContainsKey("net/tcp") => Absent("the kernel's list of sockets was not recorded"),
        "container_network_advance_tcp_stats_total" when !HasTcpHeading(series, files) => Absent("0 in cAdvisor for what the kernel does not count"),
        "container_blkio_device_usage_total" when series.Contains("operation=\"Total\"", StringComparison.Ordinal) => Absent("the sum of the others"),
        "container_spec_cpu_period" when Quota(files) is "-1" or "max" => Absent("without a quota, the period has no effect"),
        _ => null,
    };

    private static PageDifference? OfV1(string family, double cadvisor, Dictionary<string, string> files) => family switch
    {
        "container_cpu_user_seconds_total" => new("ticks of 10 ms", Nanoseconds(files["cpu,cpuacct/cpuacct.usage_user"])),
        "container_cpu_system_seconds_total" => new("ticks of 10 ms", Nanoseconds(files["cpu,cpuacct/cpuacct.usage_sys"])),
        _ when family.StartsWith("container_pressure_", StringComparison.Ordinal) => Absent("v1 has no pressure"),
        "container_spec_memory_reservation_limit_bytes" when cadvisor == 0 => Absent("no reservation is set"),
        "container_memory_pgscan_total" or "container_memory_pgsteal_total" or "container_memory_events_high_total" => Absent("v1 does not count them"),
        _ => null,
    };

    private static PageDifference? OfV2(string family, Dictionary<string, string> files) => family switch
    {
        "container_memory_kernel_usage" => new("0 in cAdvisor", ValueIn(files["unified/memory.stat"], "kernel")),
        "container_hugetlb_max_usage_bytes" => Absent("v2 has no such figure"),
        _ => null,
    };

    // The rows are those of the disk; without a row, the container has no figures.
    private static PageDifference? OfDisk(string family, Dictionary<string, string> files, bool isV2)
    {
        if (!family.StartsWith("container_fs_", StringComparison.Ordinal)) return null;
        if (family is "container_fs_inodes_free" or "container_fs_inodes_total" or "container_fs_limit_bytes" or "container_fs_usage_bytes") return Absent("the disk thread reads it, which these tests do not have");
        if (family is not ("container_fs_reads_bytes_total" or "container_fs_writes_bytes_total" or "container_fs_reads_total" or "container_fs_writes_total")) return Absent("figures of the host's disk");
        string rows = files[isV2 ? "unified/io.stat" : "blkio/blkio.throttle.io_serviced_recursive"];
        return rows.Contains(':', StringComparison.Ordinal) ? null : Absent("the host's figures for a container without I/O");
    }

    private static bool HasTcpHeading(string series, Dictionary<string, string> files) =>
        Regex.Match(series, "tcp_state=\"(\\w+)\"").Groups[1].Value is var state && (files["net/snmp"] + files["net/netstat"]).Split(' ', '\n').Any(heading => heading.ToLowerInvariant() == state);

    private static PageDifference Absent(string reason) => new(reason, null);

    private static string Quota(Dictionary<string, string> files) => (files.GetValueOrDefault("cpu,cpuacct/cpu.cfs_quota_us") ?? files["unified/cpu.max"]).Split(' ', '\n')[0];

    private static double Nanoseconds(string text) => long.Parse(text, CultureInfo.InvariantCulture) / 1e9;

    private static double ValueIn(string text, string key) =>
        double.Parse(text.Split('\n').Single(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..], CultureInfo.InvariantCulture);
}
