using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Texts separated by commas; an empty text is the empty list.</summary>
/// <param name="expected">What the elements are: "paths that begin with /".</param>
/// <param name="problemOf">What is wrong with an element; null if nothing is.</param>
internal sealed class ListValue(string expected, Func<string, string?> problemOf) : ConfigurationValue<ImmutableArray<string>>
{
    /// <summary>Maximum number of elements, and of characters in one.</summary>
    internal const int MaxElements = 1000, MaxElementLength = 4096;

    /// <summary>Absolute paths.</summary>
    internal static ListValue AbsolutePaths(string expected = "paths that begin with /") => new(expected, PathProblem.OfAbsolute);

    /// <summary>Absolute paths of unix sockets.</summary>
    internal static ListValue Sockets() => new("paths of sockets, which begin with /", PathProblem.OfSocket);

    internal override string Expected => expected + ", separated by commas";

    internal override string Format(ImmutableArray<string> value) => string.Join(", ", value);

    internal override bool TryParse(string text, out ImmutableArray<string> value, [NotNullWhen(false)] out string? problem)
    {
        value = [];
        problem = null;
        string[] elements = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (elements.Length > MaxElements) problem = Problem($"more than {MaxElements} elements");
        foreach (string element in elements)
        {
            if (problem is not null) break;
            if (element.Length > MaxElementLength) problem = Problem($"an element is longer than {MaxElementLength} characters");
            else if (element.Any(char.IsControl)) problem = Problem("control characters are not allowed");
            else if (problemOf(element) is { } remark) problem = Problem($"{Printable.Text(element)}: {remark}");
        }

        if (problem is null) value = [.. elements];
        return problem is null;
    }
}
