using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One measurement of the output contract.</summary>
internal sealed class Measurement
{
    /// <summary>The most readings that a measurement can show: which of them are present stands in the bits of one word.</summary>
    internal const int MaxReadings = 64;

    internal Measurement(string name, SamplePart part, string? rowTag, string when, string help, ImmutableArray<Field> fields)
    {
        Name = name;
        Part = part;
        RowTag = rowTag;
        When = when;
        Help = help;
        Fields = fields;
        NameBytes = Encoding.ASCII.GetBytes(name);
        RowTagBytes = rowTag is null ? [] : Encoding.ASCII.GetBytes("," + rowTag + "=");
        // A name, '=', at most 32 bytes of value, a comma.
        MaxFieldBytes = fields.Sum(field => field.NameAndEquals.Length + 33);
    }

    /// <summary>The measurement's name.</summary>
    public string Name { get; }

    /// <summary>Where its readings lie in a sample.</summary>
    public SamplePart Part { get; }

    /// <summary>The tag that tells its rows apart; null where there is one point a container.</summary>
    public string? RowTag { get; }

    /// <summary>The option that governs it, in words.</summary>
    public string When { get; }

    /// <summary>What it is about.</summary>
    public string Help { get; }

    /// <summary>Its fields, in the order in which they are written.</summary>
    public ImmutableArray<Field> Fields { get; }

    internal byte[] NameBytes { get; }

    internal byte[] RowTagBytes { get; }

    /// <summary>What its numeric fields take at the most, in bytes.</summary>
    internal int MaxFieldBytes { get; }
}
