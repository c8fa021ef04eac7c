namespace NsCollector.Encode.LineProtocol;

/// <summary>One series of a container, with the text of the last point that was sampled of it.</summary>
internal sealed class Series
{
    private byte[] _text = [];
    private int _length;
    private int _headLength;

    private Range _age;

    /// <summary>Measurement, tags and fields, without the time.</summary>
    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <summary>When it was last sampled: nanoseconds since the epoch.</summary>
    internal long SampledNs { get; private set; }

    /// <summary>The time of the last point that was written.</summary>
    internal long WrittenNs { get; set; }

    /// <summary>Whether the last point was left out.</summary>
    internal bool IsPending => SampledNs > WrittenNs;

    /// <summary>Whether it is the series of these bytes: measurement, tags and a space.</summary>
    internal bool Is(ReadOnlySpan<byte> head) => _headLength == head.Length && Text[.._headLength].SequenceEqual(head);

    /// <summary>Whether a text has the same fields as the last one. An age, which grows with time alone, may differ.</summary>
    /// <param name="text">The text.</param>
    /// <param name="age">Where the age is in it; empty if there is none.</param>
    internal bool IsUnchanged(ReadOnlySpan<byte> text, Range age) =>
        age.Start.Equals(_age.Start) && Text[.._age.Start].SequenceEqual(text[..age.Start]) && Text[_age.End..].SequenceEqual(text[age.End..]);

    /// <summary>Keeps the text of the point that was sampled now. Allocates only if it is longer than any before.</summary>
    internal void Keep(ReadOnlySpan<byte> text, int headLength, Range age, long sampledNs)
    {
        // Counters get longer.
        if (text.Length > _text.Length) _text = new byte[text.Length + (text.Length / 8) + 32];
        text.CopyTo(_text);
        (_length, _headLength, _age, SampledNs) = (text.Length, headLength, age, sampledNs);
    }
}
