using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Free text on one line: no control characters (they could forge log lines), not empty, of bounded length.</summary>
/// <param name="wanted">What the text is, for messages: "the name of a user".</param>
/// <param name="most">The most characters.</param>
/// <param name="problemOf">A further check: null where the text is right, else what is wrong.</param>
internal sealed class TextValue(string wanted, int most, Func<string, string?>? problemOf = null) : ConfigurationValue<string>
{
    internal override string Wanted => wanted;

    internal override string Format(string value) => value;

    internal override bool TryParse(string text, out string value, [NotNullWhen(false)] out string? problem)
    {
        value = text;
        if (text.Length == 0) problem = Wrong("this is empty");
        else if (text.Length > most) problem = Wrong($"this is longer than {most} characters");
        else if (text.Any(char.IsControl)) problem = Wrong("control characters are not allowed");
        else if (problemOf?.Invoke(text) is { } remark) problem = Wrong(remark);
        else problem = null;
        return problem is null;
    }
}
