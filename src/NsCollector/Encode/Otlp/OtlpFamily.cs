using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Otlp;

/// <summary>A metric and the fields that give its points.</summary>
internal sealed class OtlpFamily
{
    /// <summary>attributes = 7 of NumberDataPoint.</summary>
    internal const int PointAttributes = 7;

    private static readonly OtlpFamily[][] ByPart = Build();

    private OtlpFamily(string name, string unit, OtlpKind kind, OtlpSource[] sources)
    {
        Name = name;
        Kind = kind;
        Unit = unit;
        Sources = sources;

        // Metric: name = 1, unit = 3.
        Head = unit.Length == 0 ? Protobuf.Field(1, name) : [.. Protobuf.Field(1, name), .. Protobuf.Field(3, unit)];
    }

    /// <summary>The metric's name.</summary>
    internal string Name { get; }

    /// <summary>The unit in UCUM; empty for a plain number.</summary>
    internal string Unit { get; }

    /// <summary>How its points relate to each other.</summary>
    internal OtlpKind Kind { get; }

    /// <summary>The fields, all in the same part of a sample.</summary>
    internal OtlpSource[] Sources { get; }

    /// <summary>Name and unit, encoded.</summary>
    internal byte[] Head { get; }

    /// <summary>The metrics that an output shows, by the part of a sample.</summary>
    internal static OtlpFamily[][] Select(OutputSelection selection) =>
        selection.ShowsAllMetrics ? ByPart : [.. ByPart.Select(families => families.Select(family => family.Only(selection)).Where(family => family.Sources.Length > 0).ToArray())];

    private OtlpFamily Only(OutputSelection selection) =>
        new(Name, Unit, Kind, [.. Sources.Where(source => selection.Shows(source.OwnName, Name))]);

    private static OtlpFamily[][] Build()
    {
        var parts = new Dictionary<string, (string Unit, OtlpKind Kind, List<OtlpSource> Sources)>[Enum.GetValues<SamplePart>().Length];
        for (int i = 0; i < parts.Length; i++) parts[i] = new(StringComparer.Ordinal);
        foreach (Measurement measurement in MetricCatalogue.Measurements)
        {
            foreach (Field field in measurement.Fields)
            {
                // The texts of rows would change the identity of their series.
                if (field.Index < 0 || (field.Type == FieldType.String && field.Words.IsEmpty)) continue;
                Add(parts[(int)measurement.Part], measurement, field, field.Otlp);
                if (field.OtlpDerived is { } derived) Add(parts[(int)measurement.Part], measurement, field, derived);
            }
        }

        return [.. parts.Select(part => part.Select(one => new OtlpFamily(one.Key, one.Value.Unit, one.Value.Kind, [.. one.Value.Sources])).ToArray())];
    }

    private static void Add(Dictionary<string, (string Unit, OtlpKind Kind, List<OtlpSource> Sources)> part, Measurement measurement, Field field, OtlpMetric? metric)
    {
        (string name, string unit, double factor) = Describe(measurement, field, metric);
        OtlpKind kind = metric is { IsUpDown: true } ? OtlpKind.UpDown
            // The totals of an event are facts about it, with only one point.
            : field.Kind == FieldKind.Counter && !measurement.IsOfEvent ? OtlpKind.Counter : OtlpKind.Gauge;
        if (!part.TryGetValue(name, out var family)) part[name] = family = (unit, kind, []);
        if (family.Unit != unit || family.Kind != kind) throw new InvalidOperationException($"{name} is of two kinds.");
        family.Sources.Add(new OtlpSource(measurement, field, metric, factor));
    }

    private static (string Name, string Unit, double Factor) Describe(Measurement measurement, Field field, OtlpMetric? metric)
    {
        double time = field.Unit.StartsWith("nanoseconds", StringComparison.Ordinal) ? 1e-9
            : field.Unit.StartsWith("microseconds", StringComparison.Ordinal) ? 1e-6 : 0;
        if (metric is { } otlp) return (otlp.Name, otlp.Unit, time > 0 ? time : field.Type == FieldType.Float ? otlp.Factor : 0);
        string prefix = measurement.Part == SamplePart.AgentSink ? "nscollector.sink" : Dotted(measurement.Name);
        string name = field.Name;
        if (time > 0) return ($"{prefix}.{Without(Without(name, "_ns"), "_us")}_time", "s", time);
        string unit = field.Unit switch { "bytes" => "By", "percent" => "%", _ => "" };
        if (unit == "By") name = Without(name, "_bytes");
        return ($"{prefix}.{name}", unit, field.Type == FieldType.Float ? 1 : 0);
    }

    // container_memory_detail: container.memory_detail.
    private static string Dotted(string measurement) => measurement.IndexOf('_', StringComparison.Ordinal) is >= 0 and int at
        ? string.Concat(measurement.AsSpan(0, at), ".", measurement.AsSpan(at + 1)) : measurement;

    private static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) && name.Length > end.Length ? name[..^end.Length] : name;

    /// <summary>All metrics; for documentation and tests.</summary>
    internal static ImmutableArray<OtlpFamily> All { get; } = [.. ByPart.SelectMany(families => families)];
}
