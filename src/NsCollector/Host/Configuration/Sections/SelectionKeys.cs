using System.Collections.Immutable;
using NsCollector.Encode.Selection;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The keys of every output that choose its metrics and labels.</summary>
internal static class SelectionKeys
{
    /// <summary>The key with the metrics that an output shows.</summary>
    internal const string Include = "metrics_include";

    /// <summary>The key with the metrics that it does not show.</summary>
    internal const string Exclude = "metrics_exclude";

    /// <summary>The key with the labels that an output shows.</summary>
    internal const string IncludeLabels = "labels_include";

    /// <summary>The key with the labels that it does not show.</summary>
    internal const string ExcludeLabels = "labels_exclude";

    /// <summary>The keys for one section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="names">The output's own names that the globs of metrics also match, for the documentation.</param>
    /// <param name="get">The choice of an output.</param>
    /// <param name="set">Sets the choice of an output.</param>
    internal static ImmutableArray<ConfigurationKey> For<T>(SectionKeys<T> section, string names, Func<T, OutputChoice> get, Func<T, OutputChoice, T> set) =>
    [
        section.Key(Include, Metrics(), o => Patterns(get(o).Include), (o, v) => set(o, get(o) with { Include = new GlobList(v) }),
            $"The metrics that are written, instead of `[metrics] include`: globs of names as in docs/metrics.md ({names}). If empty, all are written.",
            defaultInWords: "`[metrics] include`", example: "container_cpu.*, container_memory.*"),
        section.Key(Exclude, Metrics(), o => Patterns(get(o).Exclude), (o, v) => set(o, get(o) with { Exclude = new GlobList(v) }),
            $"The metrics that are not written, instead of `[metrics] exclude`. Takes precedence over `{Include}`.",
            defaultInWords: "`[metrics] exclude`", example: "container_pressure.*"),
        section.Key(IncludeLabels, Labels(), o => Patterns(get(o).IncludeLabels), (o, v) => set(o, get(o) with { IncludeLabels = GlobList.Of(v) }),
            "Globs of the labels and environment variables that are written, of those that `[identity] labels` and `environment` select. If empty, all of these.", example: "team"),
        section.Key(ExcludeLabels, Labels(), o => Patterns(get(o).ExcludeLabels), (o, v) => set(o, get(o) with { ExcludeLabels = GlobList.Of(v) }),
            $"Globs of the labels and environment variables that are not written. Takes precedence over `{IncludeLabels}`.", example: "com.docker.*"),
    ];

    /// <summary>Globs of metrics. Which names exist is checked later (<see cref="MetricRules"/>).</summary>
    internal static ListValue Metrics() => new("globs of metrics", static glob => glob.Length > MetricRules.MaxGlobLength ? $"a glob has at most {MetricRules.MaxGlobLength} characters" : null);

    /// <summary>The texts of a list; empty if it is not set.</summary>
    internal static ImmutableArray<string> Patterns(GlobList? list) => list?.Patterns ?? [];

    private static ListValue Labels() => new("globs of label keys", static glob => glob.Length > MetricRules.MaxGlobLength ? $"a glob has at most {MetricRules.MaxGlobLength} characters" : null);
}
