using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One field of the output contract.</summary>
internal sealed class Field
{
    private readonly FieldSource _sourceV1, _sourceV2;

    /// <summary>A field of a container that shows a reading.</summary>
    internal Field(Reading reading, string name, FieldType type, FieldKind kind, string unit, string help, FieldSource v1, FieldSource v2)
        : this((int)reading, name, type, kind, unit, help, v1, v2)
    {
    }

    /// <summary>A field of a container's end whose value is the last one of another reading, and whose source is the other's.</summary>
    internal Field(Reading reading, string name, FieldType type, FieldKind kind, string unit, string help, Reading copyOf)
        : this((int)reading, name, type, kind, unit, help, "-", "-") => CopyOf = copyOf;

    /// <summary>A field that the encoder writes from elsewhere than the readings.</summary>
    internal Field(string name, FieldType type, FieldKind kind, string unit, string help, FieldSource v1, FieldSource v2)
        : this(-1, name, type, kind, unit, help, v1, v2)
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

    /// <summary>Which reading it shows: a <see cref="Reading"/> or a <see cref="AgentReading"/>, by the measurement's <see cref="Measurement.Part"/>; -1 where the encoder writes it from elsewhere.</summary>
    public int Index { get; }

    /// <summary>The field's key.</summary>
    public string Name { get; }

    /// <summary>The field's type.</summary>
    public FieldType Type { get; }

    /// <summary>Gauge, counter or property.</summary>
    public FieldKind Kind { get; }

    /// <summary>The unit, in words: <c>bytes</c>, <c>nanoseconds</c>, <c>1</c> for a count, <c>-</c> for what has none (text, identifiers, codes, states, weights).</summary>
    public string Unit { get; }

    /// <summary>What it means, one sentence.</summary>
    public string Help { get; }

    /// <summary>Where it comes from if the controller is a cgroup v1 hierarchy; <c>-</c> if v1 has no such thing.</summary>
    public FieldSource SourceV1 => CopyOf is { } reading ? MetricCatalogue.FieldOf(reading).SourceV1 : _sourceV1;

    /// <summary>The same for cgroup v2.</summary>
    public FieldSource SourceV2 => CopyOf is { } reading ? MetricCatalogue.FieldOf(reading).SourceV2 : _sourceV2;

    /// <summary>Which reading it repeats; null if it has a source of its own.</summary>
    internal Reading? CopyOf { get; }

    /// <summary><c>name=</c>, ready to be copied.</summary>
    internal byte[] NameAndEquals { get; }
}
