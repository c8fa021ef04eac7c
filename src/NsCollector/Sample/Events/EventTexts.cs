using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The fields of an event that are texts, each present or absent. Reused like its readings.</summary>
internal sealed class EventTexts
{
    private readonly List<(Field Field, string Value)> _present = [];

    /// <summary>Those that are present, in the order of the catalogue.</summary>
    internal IReadOnlyList<(Field Field, string Value)> Present => _present;

    /// <summary>Makes every text absent.</summary>
    internal void Clear() => _present.Clear();

    /// <summary>Sets a text, after those before it in the catalogue. It may come from outside: encoders escape and cut it.</summary>
    /// <param name="field">Which one.</param>
    /// <param name="value">Null: it stays absent.</param>
    internal void Add(Field field, string? value)
    {
        if (value is not null) _present.Add((field, value));
    }
}
