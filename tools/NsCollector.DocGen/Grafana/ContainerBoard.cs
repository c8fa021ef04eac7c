using static NsCollector.DocGen.Grafana.PromQl;

namespace NsCollector.DocGen.Grafana;

/// <summary>One container in detail.</summary>
internal static class ContainerBoard
{
    // Several hosts and pods may have a container of the same name.
    private const string OfPlace = " $tag_pod $tag_host";

    private const string Connections = "Needs network.connections = on.";

    private static readonly string[] Places = ["host", "namespace", "pod"];

    internal static Board Board { get; } = new("container", "NsCollector / Container", "One container: CPU, memory, disks, network, sockets, pressure and exits.",
    [
        ("CPU", [
            new("CPU time", "cores",
                [Sum(Rate("container_cpu_user_seconds_total", Container), "user"), Sum(Rate("container_cpu_system_seconds_total", Container), "system"), Sum($"container_cpu_limit_cores{{{Container}}}", "limit")],
                [Rated("container_cpu", "user_ns", "user", 1_000_000_000), Rated("container_cpu", "system_ns", "system", 1_000_000_000), Last("container_cpu", "limit_cores", "limit")]),
            new("Throttled", "percent",
                [Sum($"100 * {Rate("container_cpu_cfs_throttled_periods_total", Container)} / {Rate("container_cpu_cfs_periods_total", Container)}", "periods")],
                [Last("container_cpu", "100 * non_negative_derivative(last(\"nr_throttled\"), 1s) / non_negative_derivative(last(\"nr_periods\"), 1s)", "periods")]) { Description = "Share of the CPU periods in which the container used up its quota." },
        ]),
        ("Memory", [
            new("Memory", "bytes",
                [Sum($"container_memory_working_set_bytes{{{Container}}}", "working set"), Sum($"container_memory_rss{{{Container}}}", "anonymous"), Sum($"container_memory_cache{{{Container}}}", "page cache"), Sum($"container_memory_swap{{{Container}}}", "swap"), Sum($"container_memory_kernel_usage{{{Container}}}", "kernel"), Sum($"container_spec_memory_limit_bytes{{{Container}}} > 0", "limit")],
                [Last("container_memory", "working_set_bytes", "working set"), Last("container_memory", "anon_bytes", "anonymous"), Last("container_memory", "file_bytes", "page cache"), Last("container_memory", "swap_bytes", "swap"), Last("container_memory", "kernel_bytes", "kernel"), Last("container_memory", "limit_bytes", "limit")]),
            new("Memory, of the limit", "percent", [Sum($"container_memory_usage_percent{{{Container}}}", "working set")], [Last("container_memory", "usage_percent", "working set")]) { Width = 6, Description = "Of the lowest memory limit, or of the memory of the host." },
            new("Limit reached and OOM kills", "cps",
                [Sum(Rate("container_memory_events_max_total", Container), "limit reached"), Sum(Rate("container_oom_events_total", Container), "OOM kills")],
                [Rated("container_memory", "failcnt", "limit reached"), Rated("container_memory", "oom_kills", "OOM kills")]) { Width = 6 },
            new("Page faults", "cps",
                [Sum(Rate("container_memory_failures_total", Container + ",scope=\"hierarchy\",failure_type=\"pgfault\""), "all"), Sum(Rate("container_memory_failures_total", Container + ",scope=\"hierarchy\",failure_type=\"pgmajfault\""), "with a read from disk")],
                [Rated("container_memory", "pgfault", "all"), Rated("container_memory", "pgmajfault", "with a read from disk")]),
            new("Refaults of the working set", "cps",
                [Sum(Rate("container_memory_workingset_refault_anon_total", Container), "anonymous"), Sum(Rate("container_memory_workingset_refault_file_total", Container), "page cache")],
                [Rated("container_memory", "workingset_refault_anon", "anonymous"), Rated("container_memory", "workingset_refault_file", "page cache")]) { Description = "Pages that were read again soon after they had been reclaimed: memory is too small." },
        ]),
        ("Disks", [
            new("Bytes read and written", "Bps",
                [By("device", Rate("container_fs_reads_bytes_total", Container), "read"), By("device", Rate("container_fs_writes_bytes_total", Container), "written")],
                [RatedBy("container_blkio", "read_bytes", "device", "read"), RatedBy("container_blkio", "write_bytes", "device", "written")]),
            new("Reads and writes", "iops",
                [By("device", Rate("container_fs_reads_total", Container), "reads"), By("device", Rate("container_fs_writes_total", Container), "writes")],
                [RatedBy("container_blkio", "read_ops", "device", "reads"), RatedBy("container_blkio", "write_ops", "device", "writes")]),
            new("Space used", "bytes", [By("mount_point", $"container_filesystem_used_bytes{{{Container}}}", "")], [LastBy("container_filesystem", "used_bytes", "mount_point", "")]) { Description = "Needs filesystem.containers = on." },
            new("Space of the file systems", "bytes",
                [By("mount_point", $"container_filesystem_filesystem_used_bytes{{{Container}}}", "used"), By("mount_point", $"container_filesystem_filesystem_size_bytes{{{Container}}}", "size")],
                [LastBy("container_filesystem", "filesystem_used_bytes", "mount_point", "used"), LastBy("container_filesystem", "filesystem_size_bytes", "mount_point", "size")]) { Description = "With what others store there. Needs filesystem.containers = on." },
        ]),
        ("Network", [
            new("Bytes received and sent", "Bps",
                [By("interface", Rate("container_network_receive_bytes_total", Container), "received"), By("interface", Rate("container_network_transmit_bytes_total", Container), "sent")],
                [RatedBy("container_network", "rx_bytes", "interface", "received"), RatedBy("container_network", "tx_bytes", "interface", "sent")]),
            new("Packets dropped and errors", "pps",
                [By("interface", Rate("container_network_receive_packets_dropped_total", Container), "received, dropped"), By("interface", Rate("container_network_transmit_packets_dropped_total", Container), "sent, dropped"), By("interface", Rate("container_network_receive_errors_total", Container), "received, errors"), By("interface", Rate("container_network_transmit_errors_total", Container), "sent, errors")],
                [RatedBy("container_network", "rx_dropped", "interface", "received, dropped"), RatedBy("container_network", "tx_dropped", "interface", "sent, dropped"), RatedBy("container_network", "rx_errors", "interface", "received, errors"), RatedBy("container_network", "tx_errors", "interface", "sent, errors")]),
            new("TCP segments", "cps",
                [Sum(Tcp("insegs", Container), "received"), Sum(Tcp("outsegs", Container), "sent"), Sum(Tcp("retranssegs", Container), "retransmitted"), Sum(Tcp("outrsts", Container), "resets sent")],
                [Rated("container_tcp", "in_segs", "received"), Rated("container_tcp", "out_segs", "sent"), Rated("container_tcp", "retrans_segs", "retransmitted"), Rated("container_tcp", "out_rsts", "resets sent")]),
            new("TCP connections opened and refused", "cps",
                [Sum(Tcp("activeopens", Container), "opened"), Sum(Tcp("passiveopens", Container), "accepted"), Sum(Tcp("attemptfails", Container), "failed"), Sum(Tcp("listenoverflows", Container), "accept queue overflowed")],
                [Rated("container_tcp", "active_opens", "opened"), Rated("container_tcp", "passive_opens", "accepted"), Rated("container_tcp", "attempt_fails", "failed"), Rated("container_tcp", "listen_overflows", "accept queue overflowed")]),
            new("UDP datagrams", "pps",
                [Sum(Rate("container_udp_in_datagrams_total", Container), "received"), Sum(Rate("container_udp_out_datagrams_total", Container), "sent"), Sum(Rate("container_udp_no_ports_total", Container), "no port"), Sum(Rate("container_udp_rcvbuf_errors_total", Container), "receive buffer full")],
                [Rated("container_udp", "in_datagrams", "received"), Rated("container_udp", "out_datagrams", "sent"), Rated("container_udp", "no_ports", "no port"), Rated("container_udp", "rcvbuf_errors", "receive buffer full")]),
            new("TCP sockets", "short",
                [By("tcp_state", $"container_network_tcp_usage_total{{{Container}}} + container_network_tcp6_usage_total{{{Container}}}", "")],
                [.. new[] { "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close_wait", "last_ack", "closing" }.Select(state => Last("container_connections", state, state))]) { Description = Connections },
            new("Accept queues", "short",
                [Sum($"container_connections_accept_queue{{{Container}}}", "connections waiting"), Sum($"container_connections_accept_queue_limit{{{Container}}}", "limit"), Sum($"container_connections_listeners_nearly_full{{{Container}}}", "listeners nearly full")],
                [Last("container_connections", "accept_queue", "connections waiting"), Last("container_connections", "accept_queue_limit", "limit"), Last("container_connections", "listeners_nearly_full", "listeners nearly full")]) { Description = "Sums over the container's listeners. Needs network.connections = listeners (the default) or on." },
            new("Round-trip times", "µs",
                [Sum($"1e6 * container_connections_rtt_median_seconds{{{Container}}}", "median"), Sum($"1e6 * container_connections_rtt_p95_seconds{{{Container}}}", "95th percentile")],
                [Last("container_connections", "rtt_median_us", "median"), Last("container_connections", "rtt_p95_us", "95th percentile")]) { Description = "Of established connections that have sent data. " + Connections },
            new("Bytes in socket queues", "bytes",
                [Sum($"container_connections_receive_queue_bytes{{{Container}}}", "TCP, received"), Sum($"container_connections_send_queue_bytes{{{Container}}}", "TCP, to send"), Sum($"container_connections_udp_receive_queue_bytes{{{Container}}}", "UDP, received")],
                [Last("container_connections", "receive_queue_bytes", "TCP, received"), Last("container_connections", "send_queue_bytes", "TCP, to send"), Last("container_connections", "udp_receive_queue_bytes", "UDP, received")]) { Description = Connections },
        ]),
        ("Tasks and pressure", [
            new("Tasks", "short", [Sum($"container_threads{{{Container}}}", "tasks"), Sum($"container_threads_max{{{Container}}} > 0", "limit")], [Last("container_pids", "current", "tasks"), Last("container_pids", "limit", "limit")]),
            new("Pressure", "percentunit",
                [Sum(Rate("container_pressure_cpu_waiting_seconds_total", Container), "CPU"), Sum(Rate("container_pressure_memory_waiting_seconds_total", Container), "memory"), Sum(Rate("container_pressure_io_waiting_seconds_total", Container), "I/O")],
                [new(InfluxQl.Rate("container_pressure", "some_total_us", InfluxQl.Container, 1_000_000, [.. Places, "resource"]), "$tag_resource" + OfPlace)]) { Description = "Share of the time in which some task waited for the resource. Needs a kernel with pressure stall information." },
        ]),
        ("Life", [
            new("Uptime", "s", [Sum($"container_info_uptime_seconds{{{Container}}}", "uptime")], [Last("container_info", "last(\"uptime_ns\") / 1000000000", "uptime")]),
            new("Exits", "none", [new($"container_exit_reason{{{Container}}} == 1", "")],
                [new($"SELECT \"host\", \"exit_reason\", \"exit_code\", \"exit_signal\", \"lifetime_ns\", \"cpu_usage_ns\", \"memory_max_usage_bytes\", \"oom_kills\", \"restart_count\" FROM \"container_exit\" WHERE {InfluxQl.Container} ORDER BY time DESC LIMIT 50", "")]) { Kind = "table", Description = "Prometheus: the last exit, for http.exits_kept." },
        ]),
    ]) { IsOfContainer = true };

    private static Query Sum(string expression, string legend) => new($"sum({expression})", legend);

    private static Query By(string label, string expression, string legend) => new($"sum by ({label}) ({expression})", $"{{{{{label}}}}} {legend}".TrimEnd());

    private static Query Last(string measurement, string value, string legend) => new(InfluxQl.Last(measurement, value, InfluxQl.Container, Places), legend + OfPlace);

    private static Query LastBy(string measurement, string field, string tag, string legend) => new(InfluxQl.Last(measurement, field, InfluxQl.Container, [.. Places, tag]), $"$tag_{tag} {legend}".TrimEnd() + OfPlace);

    private static Query Rated(string measurement, string field, string legend, long divisor = 1) => new(InfluxQl.Rate(measurement, field, InfluxQl.Container, divisor, Places), legend + OfPlace);

    private static Query RatedBy(string measurement, string field, string tag, string legend) => new(InfluxQl.Rate(measurement, field, InfluxQl.Container, 1, [.. Places, tag]), $"$tag_{tag} {legend}{OfPlace}");
}
