using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One field of a measurement.</summary>
internal sealed class Field
{
    private readonly FieldSource _sourceV1, _sourceV2;

    /// <summary>A field of a container that shows a reading.</summary>
    internal Field(Reading reading, string name, FieldType type, FieldKind kind, string unit, string help, FieldSource v1, FieldSource v2)
        : this((int)reading, name, type, kind, unit, help, v1, v2)
    {
    }

    /// <summary>A field of an exit or OOM kill that repeats the last value of another reading and has the source of that reading.</summary>
    internal Field(Reading reading, string name, FieldType type, FieldKind kind, string unit, string help, Reading copyOf)
        : this((int)reading, name, type, kind, unit, help, "-", "-") => CopyOf = copyOf;

    /// <summary>A field that is not a reading; the encoder knows its value.</summary>
    internal Field(string name, FieldType type, FieldKind kind, string unit, string help, FieldSource v1, FieldSource v2)
        : this(-1, name, type, kind, unit, help, v1, v2)
    {
    }

    /// <summary>A field of the host, which has the same source whatever version of cgroups it uses.</summary>
    internal Field(Reading reading, string name, FieldType type, FieldKind kind, string unit, string help, FieldSource source)
        : this((int)reading, name, type, kind, unit, help, source, source)
    {
    }

    /// <summary>A field of the agent itself.</summary>
    internal Field(AgentReading reading, string name, FieldType type, FieldKind kind, string unit, string help)
        : this((int)reading, name, type, kind, unit, help, "-", "-")
    {
    }

    private Field(int index, string name, FieldType type, FieldKind kind, string unit, string help, FieldSource v1, FieldSource v2)
    {
        Index = index;
        Name = name;
        Type = type;
        Kind = kind;
        Unit = unit;
        Help = help;
        _sourceV1 = v1;
        _sourceV2 = v2;
        NameAndEquals = Encoding.ASCII.GetBytes(name + "=");
    }

    /// <summary>Its <see cref="Reading"/> or <see cref="AgentReading"/>, depending on <see cref="Measurement.Part"/>; -1 for a field that is not a reading.</summary>
    public int Index { get; }

    /// <summary>The field's key.</summary>
    public string Name { get; }

    /// <summary>The field's type.</summary>
    public FieldType Type { get; }

    /// <summary>Gauge, counter or property.</summary>
    public FieldKind Kind { get; }

    /// <summary>The unit: <c>bytes</c>, <c>nanoseconds</c>, …; <c>1</c> for a count, <c>-</c> for a value without unit (text, identifier, code, state, weight).</summary>
    public string Unit { get; }

    /// <summary>One sentence that says what is counted or measured, with the unit.</summary>
    public string Help { get; }

    /// <summary>The source on cgroup v1; <c>-</c> if v1 has none.</summary>
    public FieldSource SourceV1 => CopyOf is { } reading ? MetricCatalogue.FieldOf(reading).SourceV1 : _sourceV1;

    /// <summary>The source on cgroup v2; <c>-</c> if v2 has none.</summary>
    public FieldSource SourceV2 => CopyOf is { } reading ? MetricCatalogue.FieldOf(reading).SourceV2 : _sourceV2;

    /// <summary>The same reading in another measurement, from another source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="node">Its names in node_exporter.</param>
    internal Field WithSource(FieldSource source, ImmutableArray<PrometheusSeries> node) => new(Index, Name, Type, Kind, Unit, Help, source, source) { Node = node, Telegraf = Telegraf };

    /// <summary>The words of a string field that is a reading, by the reading's value; empty for any other field.</summary>
    internal ImmutableArray<string> Words
    {
        get;
        init
        {
            field = value;
            WordBytes = [.. value.Select(word => Encoding.ASCII.GetBytes($"\"{word}\""))];
        }
    } = [];

    /// <summary><see cref="Words"/> in quotes, in ASCII, for the encoder.</summary>
    internal byte[][] WordBytes { get; private init; } = [];

    /// <summary>Whether it grows with time alone, so that a new value is no change.</summary>
    internal bool IsAge { get; init; }

    /// <summary>The series of the Prometheus page that show the field under cAdvisor's names; empty if it has only a name of its own.</summary>
    internal ImmutableArray<PrometheusSeries> Prometheus { get; init; } = [];

    /// <summary>The fields of Telegraf's schema that show it; empty if there is none.</summary>
    internal ImmutableArray<TelegrafField> Telegraf { get; init; } = [];

    /// <summary>The metric of OpenTelemetry that shows it; null if it has only a name of its own.</summary>
    internal OtlpMetric? Otlp { get; init; }

    /// <summary>A further metric of OpenTelemetry's conventions that is computed from the field; null for none. It is not a counter.</summary>
    internal OtlpMetric? OtlpDerived { get; init; }

    /// <summary>
    /// Where it is in the object <c>stats</c> of cAdvisor's REST API, as keys with dots between them; for a field of a row, where it is in the
    /// object of that row. Empty if that API does not have it.
    /// </summary>
    internal ImmutableArray<string> Cadvisor { get; init; } = [];

    /// <summary>The reading that is subtracted from the field there; null for none. Without it, the field is left out there.</summary>
    internal Reading? CadvisorLess { get; init; }

    /// <summary>Whether another field has the same figure on the Prometheus page, under a name of cAdvisor. Then the page leaves this one out.</summary>
    internal bool IsRepeatedOnPage { get; init; }

    /// <summary>The series of node_exporter that replace its own name if <c>http.host_names = node</c>; empty for none.</summary>
    internal ImmutableArray<PrometheusSeries> Node { get; init; } = [];

    /// <summary>The reading that it repeats; null if it has its own source.</summary>
    internal Reading? CopyOf { get; }

    /// <summary><c>name=</c> in ASCII, for the encoder.</summary>
    internal byte[] NameAndEquals { get; }
}
