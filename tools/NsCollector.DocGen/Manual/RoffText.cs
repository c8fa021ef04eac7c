using System.Globalization;
using System.Text;

namespace NsCollector.DocGen.Manual;

/// <summary>Escapes text for man(7), so that groff does not interpret requests, escapes or typographic characters in it.</summary>
internal static class RoffText
{
    /// <summary>A line of prose; text between backticks is code.</summary>
    internal static string Prose(string text)
    {
        string[] parts = text.Split('`');
        StringBuilder roff = new();
        for (int i = 0; i < parts.Length; i++) roff.Append(i % 2 == 0 ? Escape(parts[i], code: false) : Bold(parts[i]));
        return Line(roff.ToString());
    }

    /// <summary>Code, in bold. Characters stay ASCII, so that text copied from the page works.</summary>
    internal static string Bold(string text) => $@"\fB{Escape(text, code: true)}\fR";

    /// <summary>A placeholder, in italics.</summary>
    internal static string Italic(string text) => $@"\fI{Escape(text, code: true)}\fR";

    /// <summary>One argument of a macro.</summary>
    internal static string Argument(string text) => $"\"{Escape(text, code: true).Replace("\"", @"\(dq", StringComparison.Ordinal)}\"";

    /// <summary>Protects a line that begins with a dot or an apostrophe, which would be a request.</summary>
    internal static string Line(string roff) => roff.StartsWith('.') || roff.StartsWith('\'') ? @"\&" + roff : roff;

    private static string Escape(string text, bool code)
    {
        StringBuilder roff = new();
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            // Within a word a hyphen is a hyphen; elsewhere it is the minus sign of command lines.
            bool isHyphen = !code && i > 0 && char.IsAsciiLetterOrDigit(text[i - 1]) && i + 1 < text.Length && char.IsAsciiLetterOrDigit(text[i + 1]);
            roff.Append(character switch
            {
                '\\' => @"\e",
                '-' => isHyphen ? "-" : @"\-",
                '\'' when code => @"\(aq",
                '`' => @"\(ga",
                '^' => @"\(ha",
                '~' => @"\(ti",
                > '~' => string.Create(CultureInfo.InvariantCulture, $@"\[u{(int)character:X4}]"),
                _ => character.ToString(),
            });
        }

        return roff.ToString();
    }
}
