using static NsCollector.DocGen.Grafana.PromQl;

namespace NsCollector.DocGen.Grafana;

/// <summary>How many containers each host has, and how much of it they use and are promised.</summary>
internal static class DensityBoard
{
    internal static Board Board { get; } = new("density", "NsCollector / Host density", "How many containers each host has, how much of the host they use, and how much their limits promise.",
    [
        ("Containers", [
            new("Containers", "short", [OfHost($"nscollector_containers{{{Agents}}}")], [Last("nscollector", "containers")]),
            new("Containers by state", "short", [OfHost($"container_state_containers{{{Agents}}} > 0").By("state")], [new(InfluxQl.SumOfLast("container_state", "containers", InfluxQl.Agents, ["runtime"], "host", "state"), "$tag_state $tag_host")]) { Description = "From the runtimes' state files, with stopped containers." },
            new("Containers started and ended", "cps",
                [OfHost(Rate("nscollector_containers_born_total", Agents), "started {{instance}}"), OfHost(Rate("nscollector_containers_ended_total", Agents), "ended {{instance}}")],
                [Rated("nscollector", "containers_born", "started"), Rated("nscollector", "containers_ended", "ended")]),
            new("Tasks of all containers", "short", [OfHost($"container_threads{{{Containers}}}")], [new(InfluxQl.SumOfLast("container_pids", "current", InfluxQl.Agents, InfluxQl.ContainersOfHost, "host"), "$tag_host")]),
        ]),
        ("CPU", [
            new("CPU of the host", "percent", [OfHost($"host_cpu_usage_percent{{{Agents}}}")], [Last("host_cpu", "usage_percent")]) { Description = "100 is one core." },
            new("CPU of all containers", "percent",
                [OfHost($"100 * {Rate("container_cpu_usage_seconds_total", Containers)}")],
                [new(InfluxQl.SumOfRates("container_cpu", "usage_ns", InfluxQl.Agents, 10_000_000, InfluxQl.ContainersOfHost, "host"), "$tag_host")]) { Description = "100 is one core." },
            new("CPU limits", "cores",
                [OfHost($"container_cpu_limit_cores{{{Containers}}}", "limits {{instance}}"), OfHost($"machine_cpu_cores{{{Agents}}}", "cores {{instance}}")],
                [new(InfluxQl.SumOfLast("container_cpu", "limit_cores", InfluxQl.Agents, InfluxQl.ContainersOfHost, "host"), "limits $tag_host"), new(InfluxQl.Last("host_cpu", "processors", InfluxQl.Agents, "host"), "cores $tag_host")]) { Description = "The sum of the limits of containers that have one, beside the cores of the host." },
            new("Throttled containers", "short",
                [new($"count by (instance) ({Rate("container_cpu_cfs_throttled_periods_total", Containers)} / {Rate("container_cpu_cfs_periods_total", Containers)} > 0.25)", "{{instance}}")],
                [new($"SELECT count(\"rate\") FROM (SELECT non_negative_derivative(last(\"nr_throttled\"), 1s) / non_negative_derivative(last(\"nr_periods\"), 1s) AS \"rate\" FROM \"container_cpu\" WHERE {InfluxQl.Agents} GROUP BY time($__interval), \"host\", \"namespace\", \"pod\", \"container\" fill(none)) WHERE \"rate\" > 0.25 AND $timeFilter GROUP BY time($__interval), \"host\" fill(none)", "$tag_host")]) { Description = "Containers that were throttled in more than a quarter of their periods." },
        ]),
        ("Memory", [
            new("Memory of the host", "percent", [OfHost($"host_memory_usage_percent{{{Agents}}}")], [Last("host_memory", "usage_percent")]),
            new("Memory of all containers", "bytes",
                [OfHost($"container_memory_working_set_bytes{{{Containers}}}", "working set {{instance}}"), OfHost($"container_spec_memory_limit_bytes{{{Containers}}} > 0", "limits {{instance}}"), OfHost($"machine_memory_bytes{{{Agents}}}", "host {{instance}}")],
                [new(InfluxQl.SumOfLast("container_memory", "working_set_bytes", InfluxQl.Agents, InfluxQl.ContainersOfHost, "host"), "working set $tag_host"), new(InfluxQl.SumOfLast("container_memory", "limit_bytes", InfluxQl.Agents, InfluxQl.ContainersOfHost, "host"), "limits $tag_host"), new(InfluxQl.Last("host_memory", "total_bytes", InfluxQl.Agents, "host"), "host $tag_host")]) { Description = "The limits are those of containers that have one." },
            new("Containers near their memory limit", "short",
                [new($"count by (instance) (container_memory_usage_percent{{{Containers}}} > 90)", "{{instance}}")],
                [new($"SELECT count(\"usage\") FROM (SELECT last(\"usage_percent\") AS \"usage\" FROM \"container_memory\" WHERE {InfluxQl.Agents} GROUP BY time($__interval), \"host\", \"namespace\", \"pod\", \"container\" fill(none)) WHERE \"usage\" > 90 AND $timeFilter GROUP BY time($__interval), \"host\" fill(none)", "$tag_host")]) { Description = "Working set above 90 % of the lowest limit." },
            new("OOM kills", "cps", [OfHost(Rate("container_oom_events_total", Containers))], [new($"SELECT sum(\"kills\") FROM \"container_oom\" WHERE {InfluxQl.Agents} GROUP BY time($__interval), \"host\" fill(none)", "$tag_host")]) { InfluxUnit = "short", Description = "InfluxDB: kills in each interval." },
        ]),
        ("Pressure, disks and network", [
            new("Pressure", "percent",
                [new($"host_pressure_some_avg10{{{Agents}}}", "{{resource}} {{instance}}")],
                [new(InfluxQl.Last("host_pressure", "some_avg10", InfluxQl.Agents, "host", "resource"), "$tag_resource $tag_host")]) { Description = "Share of the last 10 seconds in which some task waited for the resource. Needs a kernel with pressure stall information." },
            new("Runnable tasks", "short", [OfHost($"host_load_runnable{{{Agents}}}")], [Last("host_load", "runnable")]),
            new("Disks of all containers", "Bps",
                [OfHost(Rate("container_fs_reads_bytes_total", Containers), "read {{instance}}"), OfHost(Rate("container_fs_writes_bytes_total", Containers), "written {{instance}}")],
                [new(InfluxQl.SumOfRates("container_blkio", "read_bytes", InfluxQl.Agents, 1, [.. InfluxQl.ContainersOfHost, "device"], "host"), "read $tag_host"), new(InfluxQl.SumOfRates("container_blkio", "write_bytes", InfluxQl.Agents, 1, [.. InfluxQl.ContainersOfHost, "device"], "host"), "written $tag_host")]),
            new("Network of all containers", "Bps",
                [OfHost(Rate("container_network_receive_bytes_total", Containers), "received {{instance}}"), OfHost(Rate("container_network_transmit_bytes_total", Containers), "sent {{instance}}")],
                [new(InfluxQl.SumOfRates("container_network", "rx_bytes", InfluxQl.Agents, 1, [.. InfluxQl.ContainersOfHost, "interface"], "host"), "received $tag_host"), new(InfluxQl.SumOfRates("container_network", "tx_bytes", InfluxQl.Agents, 1, [.. InfluxQl.ContainersOfHost, "interface"], "host"), "sent $tag_host")]),
        ]),
    ]);

    private static Query By(this Query query, string label) => new(query.Text.Replace("by (instance)", $"by (instance, {label})", StringComparison.Ordinal), $"{{{{{label}}}}} {query.Legend}");

    private static Query Last(string measurement, string field) => new(InfluxQl.Last(measurement, field, InfluxQl.Agents, "host"), "$tag_host");

    private static Query Rated(string measurement, string field, string legend) => new(InfluxQl.Rate(measurement, field, InfluxQl.Agents, 1, "host"), $"{legend} $tag_host");
}
