using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>One of a few words.</summary>
internal sealed class ChoiceValue<T>(params (string Word, T Value)[] choices) : ConfigurationValue<T>
    where T : struct, Enum
{
    internal override string Expected => "one of " + string.Join(", ", choices.Select(choice => choice.Word));

    internal override ImmutableArray<string> Words => [.. choices.Select(choice => choice.Word)];

    internal override string Format(T value) => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word;

    internal override bool TryParse(string text, out T value, [NotNullWhen(false)] out string? problem)
    {
        foreach ((string word, T meaning) in choices)
        {
            if (!word.Equals(text, StringComparison.OrdinalIgnoreCase)) continue;
            value = meaning;
            problem = null;
            return true;
        }

        value = default;
        // Any word is near to a single character.
        string? nearest = text.Length < 2 ? null : NearestName.Find(text, choices.Select(choice => choice.Word));
        problem = Problem(nearest is null ? null : $"did you mean {nearest}?");
        return false;
    }
}
