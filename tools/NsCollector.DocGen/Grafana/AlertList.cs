namespace NsCollector.DocGen.Grafana;

/// <summary>The alerts.</summary>
internal static class AlertList
{
    private const string Containers = "name!=\"\"";

    private const string Tcp = "container_network_advance_tcp_stats_total{" + Containers;

    /// <summary>Those about containers.</summary>
    internal static Alert[] OfContainers { get; } =
    [
        new("ContainerThrottled",
            $"rate(container_cpu_cfs_throttled_periods_total{{{Containers}}}[5m]) / rate(container_cpu_cfs_periods_total{{{Containers}}}[5m])",
            Increases("sum(\"nr_throttled\") / sum(\"nr_periods\")", "container_cpu", ["nr_throttled", "nr_periods"], InfluxQl.Containers),
            0.25, "15m", "A container is throttled by its CPU limit.") { Window = 300, Severity = "info", Figure = "of its CPU periods were throttled in the last 5 minutes" },
        new("ContainerMemoryNearLimit",
            $"container_memory_working_set_bytes{{{Containers}}} / (container_spec_memory_limit_bytes{{{Containers}}} > 0)",
            "SELECT last(\"working_set_bytes\") / last(\"limit_bytes\") AS \"figure\" FROM \"container_memory\" WHERE \"limit_bytes\" > 0 AND $timeFilter GROUP BY \"host\", \"namespace\", \"pod\", \"container\"",
            0.9, "15m", "A container uses almost all memory that its limit allows.") { Window = 120, Figure = "of its memory limit is its working set" },
        new("ContainerOOMKilled",

            // A series that begins above 0 has no increase: a container that lived for less than a scrape interval.
            $"increase(container_oom_events_total{{{Containers}}}[10m]) > 0 or (container_oom_events_total{{{Containers}}} unless container_oom_events_total{{{Containers}}} offset 10m)",
            OfContainer("sum(\"kills\")", "container_oom"),
            0, "0s", "The kernel killed processes of a container because memory ran out.") { Window = 600, Value = "humanize", Figure = "OOM kills in the last 10 minutes" },
        new("ContainerRestarting",
            $"changes(container_start_time_seconds{{{Containers}}}[15m])",
            OfContainer("count(\"lifetime_ns\")", "container_exit"),
            2, "0s", "A container restarts again and again.") { Window = 900, Value = "humanize", Figure = "restarts in the last 15 minutes" },
        new("ContainerAcceptQueueFull",
            $"container_connections_accept_queue_percent_max{{{Containers}}} / 100",
            OfContainer("last(\"accept_queue_percent_max\") / 100", "container_connections"),
            0.9, "1m", "A container does not accept its connections fast enough.") { Window = 120, Figure = "of an accept queue is in use" },
        new("ContainerAcceptQueueOverflows",
            $"rate({Tcp},tcp_state=\"listenoverflows\"}}[5m])",
            Increases("sum(\"listen_overflows\") / 300", "container_tcp", ["listen_overflows"], InfluxQl.Containers),
            0.1, "5m", "Connections to a container are lost because its accept queue is full.") { Window = 300, Value = "humanize", Figure = "connections in a second overflow an accept queue" },
        new("ContainerRetransmits",
            $"sum without (tcp_state) (rate({Tcp},tcp_state=\"retranssegs\"}}[5m])) / (sum without (tcp_state) (rate({Tcp},tcp_state=~\"outsegs|retranssegs\"}}[5m])) > 1)",
            Increases("sum(\"retrans_segs\") / (sum(\"out_segs\") + sum(\"retrans_segs\"))", "container_tcp", ["retrans_segs", "out_segs"], InfluxQl.Containers),
            0.05, "10m", "A container has to send much of its TCP traffic again.") { Window = 300, Figure = "of its TCP segments were retransmissions in the last 5 minutes" },
    ];

    /// <summary>Those about the agent.</summary>
    internal static Alert[] OfAgents { get; } =
    [
        new("NsCollectorDown", "1 - up{job=~\".*nscollector.*\"}", "", 0, "5m", "Prometheus cannot scrape an agent.") { Subject = "instance", Tag = "", Value = "humanize", Figure = "scrapes fail" },
        new("NsCollectorLate",
            "rate(nscollector_cycles_late_total[5m]) / rate(nscollector_cycles_total[5m])",
            Increases("sum(\"cycles_late\") / sum(\"cycles\")", "nscollector", ["cycles_late", "cycles"], "host"),
            0.1, "15m", "An agent does not complete its cycles in time.") { Window = 300, Subject = "instance", Tag = "host", Figure = "of its cycles were late in the last 5 minutes" },
        new("NsCollectorSpoolGrowing",
            "min_over_time(nscollector_queued_age_seconds[5m])",
            Select("min(\"queued_age_ns\") / 1000000000", "\"nscollector\"", "host", "sink"),
            300, "5m", "Points wait in the spool because a server does not accept them.") { Window = 300, Subject = "sink", Tag = "sink", Value = "humanizeDuration", Figure = "is the age of its oldest waiting file" },
        new("NsCollectorPointsDropped",
            "increase(nscollector_dropped_points_total[15m])",
            Increases("sum(\"dropped_points\")", "nscollector", ["dropped_points"], "host", "sink"),
            0, "0s", "An agent dropped points.") { Window = 900, Severity = "critical", Subject = "sink", Tag = "sink", Value = "humanize", Figure = "points were dropped in the last 15 minutes" },
        new("NsCollectorPointsRefused",
            "increase(nscollector_refused_points_total[15m])",
            Increases("sum(\"refused_points\")", "nscollector", ["refused_points"], "host", "sink"),
            0, "0s", "A server refuses points of an agent.") { Window = 900, Subject = "sink", Tag = "sink", Value = "humanize", Figure = "points were refused in the last 15 minutes" },
    ];

    /// <summary>All of them.</summary>
    internal static Alert[] All => [.. OfContainers, .. OfAgents];

    // Over the whole time range, so that the figure does not depend on where an interval of GROUP BY time begins.
    private static string Select(string figure, string measurement, params string[] tags) =>
        $"SELECT {figure} AS \"figure\" FROM {measurement} WHERE $timeFilter GROUP BY {string.Join(", ", tags.Select(tag => $"\"{tag}\""))}";

    private static string OfContainer(string figure, string measurement) => Select(figure, $"\"{measurement}\"", InfluxQl.Containers);

    // Counters begin at 0 again when the container or the agent restarts.
    private static string Increases(string figure, string measurement, string[] fields, params string[] tags) => Select(
        figure,
        $"({Select(string.Join(", ", fields.Select(field => $"non_negative_difference(\"{field}\") AS \"{field}\"")), $"\"{measurement}\"", tags).Replace(" AS \"figure\"", "", StringComparison.Ordinal)})",
        tags);
}
