using NsCollector.Catalogue;

namespace NsCollector.Encode.Selection;

/// <summary>
/// Decides which metrics and labels an output shows. Encoders ask when they are created, and container by container for labels; none asks
/// while it encodes a sample.
/// </summary>
/// <remarks>
/// A metric has up to two names in an output: its name in docs/metrics.md (<c>container_cpu.usage_ns</c>), and its name in the output's own
/// schema (<c>container_cpu_usage_seconds_total</c>). A glob that matches either name selects the metric.
/// </remarks>
internal sealed class OutputSelection
{
    private readonly GlobList _include, _exclude, _includeLabels, _excludeLabels;

    /// <param name="choice">The globs.</param>
    internal OutputSelection(OutputChoice choice)
    {
        _include = choice.Include ?? GlobList.Empty;
        _exclude = choice.Exclude ?? GlobList.Empty;
        _includeLabels = choice.IncludeLabels ?? GlobList.Empty;
        _excludeLabels = choice.ExcludeLabels ?? GlobList.Empty;
    }

    /// <summary>Shows everything.</summary>
    internal static OutputSelection All { get; } = new(new OutputChoice());

    /// <summary>Whether all metrics are shown.</summary>
    internal bool ShowsAllMetrics => _include.IsEmpty && _exclude.IsEmpty;

    /// <summary>The name of a field in docs/metrics.md: <c>container_cpu.usage_ns</c>.</summary>
    internal static string NameOf(Measurement measurement, Field field) => NameOf(measurement, field.Name);

    /// <summary>The name of a field of a measurement that has the kernel's own keys as fields: <c>container_memory_stat.*</c>.</summary>
    internal static string NameOf(Measurement measurement, string field) => measurement.Name + "." + field;

    /// <summary>Whether a metric with this name is shown.</summary>
    internal bool Shows(string name) => (_include.IsEmpty || _include.Matches(name)) && !_exclude.Matches(name);

    /// <summary>Whether a metric with these two names is shown.</summary>
    /// <param name="name">The name in docs/metrics.md.</param>
    /// <param name="outputName">The name in the output's schema.</param>
    internal bool Shows(string name, string outputName) =>
        (_include.IsEmpty || _include.Matches(name) || _include.Matches(outputName)) && !_exclude.Matches(name) && !_exclude.Matches(outputName);

    /// <summary>Whether a label, or an environment variable, is shown.</summary>
    /// <param name="key">The key as the runtime has it.</param>
    internal bool ShowsLabel(string key) => (_includeLabels.IsEmpty || _includeLabels.Matches(key)) && !_excludeLabels.Matches(key);

    /// <summary>The measurement with only the fields that are shown; the same object if all are, and null if none is.</summary>
    internal Measurement? Narrow(Measurement measurement)
    {
        if (ShowsAllMetrics) return measurement;
        if (measurement.Fields.IsEmpty) return Shows(NameOf(measurement, "*")) ? measurement : null;
        return measurement.Only(field => Shows(NameOf(measurement, field)));
    }

    /// <summary>The measurements with only the fields that are shown, without those that have none.</summary>
    internal Measurement[] Narrow(IEnumerable<Measurement> measurements) => [.. measurements.Select(Narrow).OfType<Measurement>()];
}
