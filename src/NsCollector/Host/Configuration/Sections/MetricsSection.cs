using System.Collections.Immutable;
using NsCollector.Encode.Selection;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[metrics]</c>.</summary>
internal static class MetricsSection
{
    internal static ConfigurationSection Section { get; } = new("metrics", false,
        "Selects the metrics of all outputs that do not have their own keys for this: metrics that match the include (or all, if it is empty) and do not match the exclude. " +
        "A glob matches the name of a field in docs/metrics.md (`container_cpu.usage_ns`), or its name in the schema of the output: of the Prometheus page (`container_cpu_usage_seconds_total`), " +
        "of OpenTelemetry (`container.cpu.time`) or of Telegraf (`docker_container_cpu.usage_total`). `*` matches any characters, including dots.");

    private static readonly SectionKeys<OutputChoice> Metrics = new(Section, (draft, _) => draft.Metrics, (draft, _, choice) => draft.Metrics = choice);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Metrics.Key("include", SelectionKeys.Metrics(), m => SelectionKeys.Patterns(m.Include), (m, v) => m with { Include = GlobList.Of(v) },
            "The metrics that are written. If empty, all are written.", example: "container_cpu.*, container_memory.*"),
        Metrics.Key("exclude", SelectionKeys.Metrics(), m => SelectionKeys.Patterns(m.Exclude), (m, v) => m with { Exclude = GlobList.Of(v) },
            "The metrics that are not written. Takes precedence over `include`.", example: "container_pressure.*"),
    ];
}
