using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One measurement of the output contract.</summary>
internal sealed class Measurement
{
    /// <summary>Maximum readings of a measurement: one 64-bit word says which of them are present.</summary>
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

    /// <summary>The part of a sample that holds its readings.</summary>
    public SamplePart Part { get; }

    /// <summary>The tag that identifies a row; null if there is one point for each container.</summary>
    public string? RowTag { get; }

    /// <summary>Tags of a row beside <see cref="RowTag"/>.</summary>
    public ImmutableArray<string> MoreRowTags
    {
        get;
        init
        {
            field = value;
            MoreRowTagBytes = [.. value.Select(tag => Encoding.ASCII.GetBytes("," + tag + "="))];
        }
    } = [];

    /// <summary>When it is written, such as the option that enables it; for docs/metrics.md.</summary>
    public string When { get; }

    /// <summary>What it measures; for docs/metrics.md.</summary>
    public string Help { get; }

    /// <summary>Its fields, in the order of the output.</summary>
    public ImmutableArray<Field> Fields { get; }

    internal byte[] NameBytes { get; }

    internal byte[] RowTagBytes { get; }

    internal byte[][] MoreRowTagBytes { get; private init; } = [];

    /// <summary>Maximum length of its numeric fields, in bytes.</summary>
    internal int MaxFieldBytes { get; }
}
