using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Catalogue;

/// <summary>One measurement of the output contract.</summary>
internal sealed class Measurement
{
    /// <summary>Maximum readings of a measurement, except for the agent's own: a 64-bit word has one bit for each that is present.</summary>
    internal const int MaxReadings = 64;

    private readonly int _firstReading;
    private readonly ulong _readingBits;
    private readonly ImmutableArray<Field> _rowTexts;

    internal Measurement(string name, SamplePart part, string? rowTag, string when, string help, ImmutableArray<Field> fields)
        : this(name, part, rowTag, when, help, fields, rowTag is null ? [] : [.. fields.Where(field => field.Type == FieldType.String)])
    {
    }

    private Measurement(string name, SamplePart part, string? rowTag, string when, string help, ImmutableArray<Field> fields, ImmutableArray<Field> rowTexts)
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
        _rowTexts = rowTexts;
        TextFields = [.. rowTexts.Where(fields.Contains)];
        TextIndexes = [.. TextFields.Select(field => rowTexts.IndexOf(field))];
        HasContainerId = fields.Any(field => field is { Index: < 0, Name: "container_id" });
        HasState = fields.Any(field => field is { Index: < 0, Name: "state" });

        // The agent has more readings than a word has bits; no word of its readings is tested.
        if (fields.IsEmpty || fields[0].Index < 0 || part is SamplePart.Agent or SamplePart.AgentSink) return;
        IEnumerable<int> readings = fields.Select(field => field.Index).Where(index => index >= 0);
        _firstReading = readings.Min();
        foreach (int index in readings) _readingBits |= 1UL << (index - _firstReading);
    }

    /// <summary>The measurement's name.</summary>
    public string Name { get; }

    /// <summary>The part of a sample that holds its readings.</summary>
    public SamplePart Part { get; }

    /// <summary>Whether its points are of the agent itself or one of its sinks.</summary>
    public bool IsOfAgent => Part is SamplePart.Agent or SamplePart.AgentSink;

    /// <summary>Whether its points are of the host itself.</summary>
    public bool IsOfHost => Part is >= SamplePart.HostCpu and <= SamplePart.ContainerStates;

    /// <summary>Whether its points are of a container's events.</summary>
    public bool IsOfEvent => Part is SamplePart.Exit or SamplePart.Start or SamplePart.Oom;

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

    /// <summary>The string fields that are set for each row, in their order.</summary>
    internal ImmutableArray<Field> TextFields { get; }

    /// <summary>For each of <see cref="TextFields"/>, its index in <c>Row.Text</c>.</summary>
    internal ImmutableArray<int> TextIndexes { get; }

    /// <summary>Whether it has the field <c>container_id</c>.</summary>
    internal bool HasContainerId { get; }

    /// <summary>Whether it has the field <c>state</c>, which is not a reading.</summary>
    internal bool HasState { get; }

    internal byte[] NameBytes { get; }

    internal byte[] RowTagBytes { get; }

    internal byte[][] MoreRowTagBytes { get; private init; } = [];

    /// <summary>Maximum length of its numeric fields, in bytes.</summary>
    internal int MaxFieldBytes { get; }

    /// <summary>The measurement with some of its fields; the same object if all are kept, and null if none is.</summary>
    internal Measurement? Only(Func<Field, bool> isKept)
    {
        ImmutableArray<Field> kept = [.. Fields.Where(isKept)];
        if (kept.Length == Fields.Length) return this;
        return kept.IsEmpty ? null : new Measurement(Name, Part, RowTag, When, Help, kept, _rowTexts) { MoreRowTags = MoreRowTags };
    }

    /// <summary>Which bits of a word are its fields, if bit 0 is the reading <paramref name="first"/>; all of them if its fields are not readings.</summary>
    internal ulong FieldBits(int first) => _readingBits == 0 ? ulong.MaxValue : _readingBits << (_firstReading - first);
}
