using static NsCollector.DocGen.Grafana.PromQl;

namespace NsCollector.DocGen.Grafana;

/// <summary>The agents: whether they keep up, what they cost, and whether their points arrive.</summary>
internal static class AgentBoard
{
    // Counters of trouble that each have a line in metrics.md.
    private static readonly string[] Errors =
    [
        "read_errors", "setns_errors", "discovery_errors", "identity_errors", "connection_errors", "watch_errors", "notify_errors", "http_errors", "thread_start_errors",
        "engine_errors_unreachable", "engine_errors_timed_out", "engine_errors_answer",
    ];

    private static readonly string[] Losses =
    [
        "containers_missed", "containers_over_limit", "exits_not_final", "events_lost", "exit_texts_dropped", "points_unencodable", "values_impossible", "interfaces_over_limit", "devices_over_limit",
        "cgroups_over_limit", "watches_over_limit", "http_connections_refused",
    ];

    private static readonly string[] SinkErrors =
    [
        "unreachable", "timed_out", "tls", "unauthorized", "not_found", "throttled", "server", "refused", "too_large", "not_a_database", "configuration", "spool", "spool_damaged", "refused_file",
    ];

    internal static Board Board { get; } = new("agent", "NsCollector / Agent", "The agents: whether they keep up, what they cost, and whether their points arrive.",
    [
        ("Cycles", [
            new("Duration of a cycle", "s", [OfHost($"nscollector_cycle_seconds{{{Agents}}}"), OfHost($"nscollector_cycle_cpu_seconds{{{Agents}}}", "CPU time {{instance}}")],
                [Last("nscollector", "last(\"cycle_ns\") / 1000000000", ""), Last("nscollector", "last(\"cycle_cpu_ns\") / 1000000000", "CPU time")]),
            new("Cycles", "cps", [OfHost(Rate("nscollector_cycles_total", Agents), "completed {{instance}}"), OfHost(Rate("nscollector_cycles_late_total", Agents), "late {{instance}}")],
                [Rated("cycles", "completed"), Rated("cycles_late", "late")]),
            new("Containers and network namespaces", "short", [OfHost($"nscollector_containers{{{Agents}}}", "containers {{instance}}"), OfHost($"nscollector_network_namespaces{{{Agents}}}", "namespaces {{instance}}")],
                [Last("nscollector", "containers", "containers"), Last("nscollector", "network_namespaces", "namespaces")]),
            new("Containers started, ended and missed", "cps",
                [OfHost(Rate("nscollector_containers_born_total", Agents), "started {{instance}}"), OfHost(Rate("nscollector_containers_ended_total", Agents), "ended {{instance}}"), OfHost(Rate("nscollector_containers_missed_total", Agents), "missed {{instance}}")],
                [Rated("containers_born", "started"), Rated("containers_ended", "ended"), Rated("containers_missed", "missed")]),
        ]),
        ("What it costs", [
            new("CPU", "cores", [OfHost(Rate("nscollector_process_cpu_seconds_total", Agents))], [new(InfluxQl.Rate("nscollector", "process_cpu_ns", InfluxQl.Agents, 1_000_000_000, "host"), "$tag_host")]),
            new("Memory", "bytes",
                [OfHost($"nscollector_rss_bytes{{{Agents}}}", "resident {{instance}}"), OfHost($"nscollector_cgroup_memory_bytes{{{Agents}}}", "cgroup {{instance}}"), OfHost($"nscollector_cgroup_memory_limit_bytes{{{Agents}}}", "limit {{instance}}")],
                [Last("nscollector", "rss_bytes", "resident"), Last("nscollector", "cgroup_memory_bytes", "cgroup"), Last("nscollector", "cgroup_memory_limit_bytes", "limit")]) { Description = "The cgroup's figures are absent if the agent is in the root cgroup, and the limit if it has none." },
            new("Descriptors and held files", "short", [OfHost($"nscollector_fds_open{{{Agents}}}", "descriptors {{instance}}"), OfHost($"nscollector_files_held{{{Agents}}}", "held files {{instance}}")], [Last("nscollector", "fds_open", "descriptors"), Last("nscollector", "files_held", "held files")]),
            new("Threads", "short", [OfHost($"nscollector_threads{{{Agents}}}", "all {{instance}}"), OfHost($"nscollector_sampling_threads{{{Agents}}}", "sampling {{instance}}")], [Last("nscollector", "threads", "all"), Last("nscollector", "sampling_threads", "sampling")]),
        ]),
        ("Delivery", [
            new("Sinks that deliver", "bool_yes_no", [Sink($"nscollector_up{{{Agents}}}")], [LastOfSink("up")]),
            new("Points encoded and delivered", "cps", [OfHost(Rate("nscollector_points_total", Agents), "encoded {{instance}}"), Sink(Rate("nscollector_sent_points_total", Agents))],
                [Rated("points", "encoded"), RatedOfSink("sent_points")]),
            new("Bytes delivered", "Bps", [Sink(Rate("nscollector_sent_bytes_total", Agents))], [RatedOfSink("sent_bytes")]) { Description = "Before compression." },
            new("Age of the oldest waiting file", "s", [Sink($"nscollector_queued_age_seconds{{{Agents}}}")], [new(InfluxQl.Last("nscollector", "last(\"queued_age_ns\") / 1000000000", InfluxQl.Agents, "host", "sink"), "$tag_sink $tag_host")]),
            new("Spool", "bytes", [Sink($"nscollector_spool_bytes{{{Agents}}}")], [LastOfSink("spool_bytes")]) { Description = "Compressed bytes on disk that wait for the server." },
            new("Queued bytes", "bytes", [Sink($"nscollector_queued_bytes{{{Agents}}}")], [LastOfSink("queued_bytes")]) { Description = "Uncompressed." },
            new("Points dropped, refused and expired", "cps",
                [Sink(Rate("nscollector_dropped_points_total", Agents), "dropped "), Sink(Rate("nscollector_refused_points_total", Agents), "refused "), Sink(Rate("nscollector_expired_points_total", Agents), "expired ")],
                [RatedOfSink("dropped_points", "dropped "), RatedOfSink("refused_points", "refused "), RatedOfSink("expired_points", "expired ")]),
            new("Failed deliveries", "cps", [Sink(Rate("nscollector_retries_total", Agents), "retries "), .. SinkErrors.Select(kind => Sink(Rate($"nscollector_errors_{kind}_total", Agents), kind.Replace('_', ' ') + " "))],
                [RatedOfSink("retries", "retries "), .. SinkErrors.Select(kind => RatedOfSink($"errors_{kind}", kind.Replace('_', ' ') + " "))]),
        ]),
        ("Errors and losses", [
            new("Errors", "cps", [.. Errors.Select(field => OfHost(Rate($"nscollector_{field}_total", Agents), field + " {{instance}}"))], [.. Errors.Select(field => Rated(field, field))]) { Description = "docs/metrics.md explains each." },
            new("What was left out or lost", "cps", [.. Losses.Select(field => OfHost(Rate($"nscollector_{field}_total", Agents), field + " {{instance}}"))], [.. Losses.Select(field => Rated(field, field))]) { Description = "docs/metrics.md explains each." },
        ]),
    ]);

    private static Query Sink(string expression, string what = "") => new($"sum by (instance, sink) ({expression})", what + "{{sink}} {{instance}}");

    private static Query Last(string measurement, string value, string legend) => new(InfluxQl.Last(measurement, value, InfluxQl.Agents, "host"), $"{legend} $tag_host".TrimStart());

    private static Query Rated(string field, string legend) => new(InfluxQl.Rate("nscollector", field, InfluxQl.Agents, 1, "host"), $"{legend} $tag_host");

    private static Query LastOfSink(string field) => new(InfluxQl.Last("nscollector", field, InfluxQl.Agents, "host", "sink"), "$tag_sink $tag_host");

    private static Query RatedOfSink(string field, string what = "") => new(InfluxQl.Rate("nscollector", field, InfluxQl.Agents, 1, "host", "sink"), $"{what}$tag_sink $tag_host");
}
