using NsCollector.Encode.LineProtocol;

namespace NsCollector.Encode.Telegraf;

/// <summary>A line that is being written: measurement, tags, a space, then fields with a comma after each. Field names end in an equals sign.</summary>
/// <param name="line">The reserved room; empty if there is none.</param>
/// <param name="filter">The fields that are written; null for all.</param>
internal ref struct TelegrafPoint(Span<byte> line, TelegrafFilter? filter)
{
    private int _identityFields;

    /// <summary>The reserved room.</summary>
    internal readonly Span<byte> Line = line;

    /// <summary>Bytes written, with the comma after the last field.</summary>
    internal int Length { get; private set; }

    /// <summary>The length of measurement and tags with the space after them.</summary>
    internal int HeadLength { get; private set; }

    /// <summary>Where the field that is an age is; empty if there is none.</summary>
    internal Range Age { get; private set; }

    /// <summary>Number of fields.</summary>
    internal int Fields { get; private set; }

    /// <summary>Whether there is a field after those that identify the container.</summary>
    internal readonly bool HasReadings => Fields > _identityFields;

    /// <summary>Whether the point would be empty because its fields are not selected.</summary>
    internal readonly bool IsHidden => filter is not null && !HasReadings;

    /// <summary>Adds bytes that need no escape.</summary>
    internal void Add(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(Line[Length..]);
        Length += text.Length;
    }

    /// <summary>Adds a tag; one without a value is left out.</summary>
    /// <param name="commaNameEquals">Its name, as <c>,name=</c>.</param>
    /// <param name="raw">Its value: not escaped, not trusted.</param>
    internal void Tag(scoped ReadOnlySpan<byte> commaNameEquals, scoped ReadOnlySpan<byte> raw)
    {
        int before = Length;
        Add(commaNameEquals);
        int written = LineProtocolText.WriteTagValue(raw, Line[Length..]);
        Length = written == 0 ? before : Length + written;
    }

    /// <summary>Ends the tags.</summary>
    internal void EndTags()
    {
        Line[Length++] = (byte)' ';
        HeadLength = Length;
    }

    /// <summary>Adds the field that identifies the container.</summary>
    internal void Identity(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Word(name, value);
        _identityFields = Fields;
    }

    /// <summary>Adds an integer field.</summary>
    internal void Integer(scoped ReadOnlySpan<byte> name, long value, bool isAge = false)
    {
        if (IsLeftOut(name)) return;
        int start = Length;
        Add(name);
        Length += NumberText.WriteInteger(value, Line[Length..]);
        if (isAge) Age = start..Length;
        EndField();
    }

    /// <summary>Adds a float field; one that is not finite is left out.</summary>
    internal void Float(scoped ReadOnlySpan<byte> name, double value)
    {
        if (!double.IsFinite(value) || IsLeftOut(name)) return;
        Add(name);
        Length += NumberText.WriteFloat(value, Line[Length..]);
        EndField();
    }

    /// <summary>Adds a boolean field, or a string field that is escaped and quoted.</summary>
    internal void Word(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (IsLeftOut(name)) return;
        Add(name);
        Add(value);
        EndField();
    }

    private readonly bool IsLeftOut(scoped ReadOnlySpan<byte> name) => filter is not null && !filter.Shows(name);

    private void EndField()
    {
        Line[Length++] = (byte)',';
        Fields++;
    }
}
