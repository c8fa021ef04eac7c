using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One field of the output contract.</summary>
public sealed class Field
{
    internal Field(int index, string name, FieldType type, FieldKind kind, string unit, string help, string v1, string v2)
    {
        Index = index;
        Name = name;
        Type = type;
        Kind = kind;
        Unit = unit;
        Help = help;
        SourceV1 = v1;
        SourceV2 = v2;
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

    /// <summary>The kernel file it comes from where the controller is a cgroup v1 hierarchy; <c>-</c> where v1 has none.</summary>
    public string SourceV1 { get; }

    /// <summary>The same for cgroup v2.</summary>
    public string SourceV2 { get; }

    /// <summary><c>name=</c>, ready to be copied.</summary>
    internal byte[] NameAndEquals { get; }
}
