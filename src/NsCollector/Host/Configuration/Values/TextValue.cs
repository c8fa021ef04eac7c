using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Free text on one line: no control characters (they could forge log lines), not empty, of bounded length.</summary>
/// <param name="expected">What the text is, for messages: "the name of a user".</param>
/// <param name="maxLength">Maximum number of characters.</param>
/// <param name="problemOf">A further check: what is wrong with a text; null if nothing is.</param>
internal sealed class TextValue(string expected, int maxLength, Func<string, string?>? problemOf = null) : ConfigurationValue<string>
{
    internal override string Expected => expected;

    internal override string Format(string value) => value;

    internal override bool TryParse(string text, out string value, [NotNullWhen(false)] out string? problem)
    {
        value = text;
        if (text.Length == 0) problem = Problem("this is empty");
        else if (text.Length > maxLength) problem = Problem($"this is longer than {maxLength} characters");
        else if (text.Any(char.IsControl)) problem = Problem("control characters are not allowed");
        else if (problemOf?.Invoke(text) is { } remark) problem = Problem(remark);
        else problem = null;
        return problem is null;
    }
}
