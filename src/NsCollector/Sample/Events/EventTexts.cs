using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The fields of an event that are texts, each present or absent. Reused like its readings.</summary>
internal sealed class EventTexts
{
    private readonly List<(Field Field, string Value)> _present = [];

    /// <summary>The texts that are present, in the order of the catalogue.</summary>
    internal IReadOnlyList<(Field Field, string Value)> Present => _present;

    /// <summary>Makes every text absent.</summary>
    internal void Clear() => _present.Clear();

    /// <summary>Sets a text. Call it in the order of the catalogue. The text is not trusted: encoders escape and truncate it.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The text; null leaves it absent.</param>
    internal void Add(Field field, string? value)
    {
        if (value is not null) _present.Add((field, value));
    }
}
