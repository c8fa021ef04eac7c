using static NsCollector.DocGen.Grafana.PromQl;

namespace NsCollector.DocGen.Grafana;

/// <summary>All containers of all hosts: how many, which use most, and which have trouble.</summary>
internal static class OverviewBoard
{
    internal static Board Board { get; } = new("overview", "NsCollector / Overview", "All containers: how many there are, which use most, and which are limited, restarted or killed.",
    [
        ("Now", [
            Number("Containers", "short", $"sum(nscollector_containers{{{Agents}}})", InfluxQl.SumOfLast("nscollector", "containers", InfluxQl.Agents, ["host"])),
            Number("Hosts", "short", $"count(nscollector_containers{{{Agents}}})", $"SELECT count(\"last\") FROM (SELECT last(\"containers\") AS \"last\" FROM \"nscollector\" WHERE {InfluxQl.Agents} GROUP BY \"host\")"),
            Number("CPU of all containers", "cores", $"sum({Rate("container_cpu_usage_seconds_total", Containers)})", InfluxQl.SumOfRates("container_cpu", "usage_ns", InfluxQl.Agents, 1_000_000_000, InfluxQl.Containers)),
            Number("Working set of all containers", "bytes", $"sum(container_memory_working_set_bytes{{{Containers}}})", InfluxQl.SumOfLast("container_memory", "working_set_bytes", InfluxQl.Agents, InfluxQl.Containers)),
            Number("OOM kills in the time range", "short", $"sum(increase(container_oom_events_total{{{Containers}}}[$__range]))", $"SELECT sum(\"kills\") FROM \"container_oom\" WHERE {InfluxQl.Agents}"),
            Number("Starts in the time range", "short", $"sum(changes(container_start_time_seconds{{{Containers}}}[$__range]))", $"SELECT count(\"lifetime_ns\") FROM \"container_exit\" WHERE {InfluxQl.Agents}") with { Description = "Prometheus: restarts of containers that kept their cgroup path. InfluxDB: exits." },
        ]),
        ("Which use most", [
            new("CPU", "cores", [Top(Rate("container_cpu_usage_seconds_total", Containers))], [InfluxQl.Top("container_cpu", "mean(\"usage_percent\") / 100", InfluxQl.Agents)]) { Description = Most, InfluxKind = "table" },
            new("Working set", "bytes", [Top($"container_memory_working_set_bytes{{{Containers}}}")], [InfluxQl.Top("container_memory", "mean(\"working_set_bytes\")", InfluxQl.Agents)]) { Description = Most, InfluxKind = "table" },
            new("Network received", "Bps", [Top(Rate("container_network_receive_bytes_total", Containers))], [InfluxQl.TopRate("container_network", "rx_bytes", InfluxQl.Agents, "interface")]) { Description = Most, InfluxKind = "table" },
            new("Network sent", "Bps", [Top(Rate("container_network_transmit_bytes_total", Containers))], [InfluxQl.TopRate("container_network", "tx_bytes", InfluxQl.Agents, "interface")]) { Description = Most, InfluxKind = "table" },
            new("Disk read", "Bps", [Top(Rate("container_fs_reads_bytes_total", Containers))], [InfluxQl.TopRate("container_blkio", "read_bytes", InfluxQl.Agents, "device")]) { Description = Most, InfluxKind = "table" },
            new("Disk written", "Bps", [Top(Rate("container_fs_writes_bytes_total", Containers))], [InfluxQl.TopRate("container_blkio", "write_bytes", InfluxQl.Agents, "device")]) { Description = Most, InfluxKind = "table" },
        ]),
        ("Which have trouble", [
            new("Throttled periods", "percent", [Top($"100 * {Rate("container_cpu_cfs_throttled_periods_total", Containers)} / {Rate("container_cpu_cfs_periods_total", Containers)}")],
                [Each("container_cpu", "100 * non_negative_derivative(last(\"nr_throttled\"), 1s) / non_negative_derivative(last(\"nr_periods\"), 1s)")]) { Description = "Share of the CPU periods in which the container used up its quota. Only containers with a CPU limit." },
            new("Memory, of the limit", "percent", [Top($"container_memory_usage_percent{{{Containers}}}")], [InfluxQl.Top("container_memory", "mean(\"usage_percent\")", InfluxQl.Agents)]) { Description = "Working set as a share of the lowest memory limit, or of the memory of the host.", InfluxKind = "table" },
            new("OOM kills", "short", [Top($"increase(container_oom_events_total{{{Containers}}}[5m])")], [new($"SELECT sum(\"kills\") FROM \"container_oom\" WHERE {InfluxQl.Agents} GROUP BY time($__interval), \"host\", \"namespace\", \"pod\", \"container\" fill(none)", InfluxQl.Legend)]),
            new("Restarts", "short", [Top($"changes(container_start_time_seconds{{{Containers}}}[15m])")], [new($"SELECT count(\"lifetime_ns\") FROM \"container_exit\" WHERE {InfluxQl.Agents} GROUP BY time($__interval), \"host\", \"namespace\", \"pod\", \"container\" fill(none)", InfluxQl.Legend)]) { Description = "Prometheus: restarts in the last 15 minutes of containers that kept their cgroup path. InfluxDB: exits." },
            new("Accept queue, of its limit", "percent", [new($"topk(20, max by ({Subject}) (container_connections_accept_queue_percent_max{{{Containers}}}))", Legend)],
                [Each("container_connections", "max(\"accept_queue_percent_max\")")]) { Description = "The fullest accept queue of the container's listeners. Connections are refused or dropped above 100 %." },
            new("Retransmitted segments", "cps", [Top(Tcp("retranssegs", Containers))], [new(InfluxQl.Rate("container_tcp", "retrans_segs", InfluxQl.Agents, 1, InfluxQl.Containers), InfluxQl.Legend)]),
        ]),
        ("Exits", [
            new("Last exits", "none", [new($"container_exit_reason{{{Agents}}} == 1", "")],
                [new($"SELECT \"host\", \"container\", \"exit_reason\", \"exit_code\", \"exit_signal\", \"lifetime_ns\", \"oom_kills\", \"memory_max_usage_bytes\" FROM \"container_exit\" WHERE {InfluxQl.Agents} ORDER BY time DESC LIMIT 50", "")]) { Kind = "table", Width = 24, Description = "Prometheus: exits of the last http.exits_kept." },
        ]),
    ]);

    private const string Most = "The 20 highest. InfluxDB: by their mean over the time range.";

    private static Panel Number(string title, string unit, string prometheus, string influx) => new(title, unit, [new(prometheus, "")], [new(influx, "")]) { Kind = "stat", Width = 4 };

    private static Query Each(string measurement, string value) => new(InfluxQl.Last(measurement, value, InfluxQl.Agents, InfluxQl.Containers), InfluxQl.Legend);
}
