using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Texts separated by commas; an empty text is the empty list.</summary>
/// <param name="wanted">What one of them is: "paths that begin with /".</param>
/// <param name="problemOf">Null where an element is right, else what is wrong with it.</param>
internal sealed class ListValue(string wanted, Func<string, string?> problemOf) : ConfigurationValue<ImmutableArray<string>>
{
    /// <summary>The most elements, and the most characters of one.</summary>
    internal const int MaxElements = 1000, MaxElementLength = 4096;

    internal override string Wanted => wanted + ", separated by commas";

    internal override string Format(ImmutableArray<string> value) => string.Join(", ", value);

    internal override bool TryParse(string text, out ImmutableArray<string> value, [NotNullWhen(false)] out string? problem)
    {
        value = [];
        problem = null;
        string[] elements = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (elements.Length > MaxElements) problem = Wrong($"these are more than {MaxElements}");
        foreach (string element in elements)
        {
            if (problem is not null) break;
            if (element.Length > MaxElementLength) problem = Wrong($"one is longer than {MaxElementLength} characters");
            else if (element.Any(char.IsControl)) problem = Wrong("control characters are not allowed");
            else if (problemOf(element) is { } remark) problem = Wrong($"{Printable.Text(element)}: {remark}");
        }

        if (problem is null) value = [.. elements];
        return problem is null;
    }
}
