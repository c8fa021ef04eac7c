using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Encode;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Prometheus;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;

namespace NsCollector.Host.Configuration;

/// <summary>All metrics that an output can show, each with its two names, to check globs against.</summary>
internal static class MetricNames
{
    /// <summary>The metrics of NsCollector's own schema; both names are the same.</summary>
    internal static ImmutableArray<(string Own, string Output)> NsCollector { get; } =
        [.. MetricCatalogue.Measurements.SelectMany(OwnNames).Select(name => (name, name))];

    /// <summary>The series of the Prometheus page, with all options. A series that comes from no field has one name.</summary>
    internal static ImmutableArray<(string Own, string Output)> Page { get; } =
    [
        .. PageFamily.Of(new PageOptions { HasLimits = true, HasMemoryDetail = true }).Concat(PageFamily.Of(new PageOptions { HasNodeNames = true }))
            .SelectMany(family => family.Sources.Select(source => (source.OwnName, family.Name))).Distinct(),
        .. PageForm.ConstantNames.Select(name => (name, name)),
    ];

    /// <summary>The metrics of OpenTelemetry.</summary>
    internal static ImmutableArray<(string Own, string Output)> Otlp { get; } =
        [.. OtlpFamily.All.SelectMany(family => family.Sources.Select(source => (source.OwnName, family.Name))).Distinct()];

    /// <summary>The fields of Telegraf's schema. A field that is computed has one name.</summary>
    internal static ImmutableArray<(string Own, string Output)> Telegraf { get; } =
        [.. TelegrafFields.All.SelectMany(field => field.OwnNames.DefaultIfEmpty(field.Name).Select(own => (own, field.Name)))];

    /// <summary>The metrics of a schema.</summary>
    internal static ImmutableArray<(string Own, string Output)> Of(OutputSchema schema) => schema switch
    {
        OutputSchema.Telegraf => Telegraf,
        OutputSchema.Otlp => Otlp,
        _ => NsCollector,
    };

    private static IEnumerable<string> OwnNames(Measurement measurement) =>
        measurement.Fields.IsEmpty ? [OutputSelection.NameOf(measurement, "*")] : measurement.Fields.Select(field => OutputSelection.NameOf(measurement, field));
}
