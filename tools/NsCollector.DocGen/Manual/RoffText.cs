using System.Globalization;
using System.Text;

namespace NsCollector.DocGen.Manual;

/// <summary>Texts as man(7) wants them: nothing in them is taken for a request, an escape or a typographer's sign.</summary>
internal static class RoffText
{
    /// <summary>A line of prose, in which what stands between backticks is code.</summary>
    internal static string Prose(string text)
    {
        string[] parts = text.Split('`');
        StringBuilder roff = new();
        for (int i = 0; i < parts.Length; i++) roff.Append(i % 2 == 0 ? Escape(parts[i], code: false) : Bold(parts[i]));
        return Line(roff.ToString());
    }

    /// <summary>Code, in bold: signs are those of ASCII, so that what is copied from the page works.</summary>
    internal static string Bold(string text) => $@"\fB{Escape(text, code: true)}\fR";

    /// <summary>What stands for something else, in italics.</summary>
    internal static string Italic(string text) => $@"\fI{Escape(text, code: true)}\fR";

    /// <summary>One argument of a macro.</summary>
    internal static string Argument(string text) => $"\"{Escape(text, code: true).Replace("\"", @"\(dq", StringComparison.Ordinal)}\"";

    /// <summary>A line that begins with a dot or an apostrophe would be a request.</summary>
    internal static string Line(string roff) => roff.StartsWith('.') || roff.StartsWith('\'') ? @"\&" + roff : roff;

    private static string Escape(string text, bool code)
    {
        StringBuilder roff = new();
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            // Within a word a hyphen is meant; everywhere else it is the sign that a command line has.
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
