using System.Text;

namespace NsCollector.Tests.Host.Configuration.Mentions;

/// <summary>
/// The string literals of C# source text: plain, verbatim, raw and interpolated, without comments. An interpolated string gives
/// its text with a space for each hole; literals inside a hole come by themselves.
/// </summary>
internal static class StringLiterals
{
    internal static List<(int Line, string Text)> Of(string source)
    {
        var found = new List<(int At, string Text)>();
        int at = 0;
        ReadCode(source, ref at, closing: '\0', holeBraces: 1, found);
        return [.. found.Select(literal => (source.AsSpan(0, literal.At).Count('\n') + 1, literal.Text))];
    }

    /// <summary>Reads code up to its end or, in a hole, up to the braces that close it.</summary>
    private static void ReadCode(string source, ref int at, char closing, int holeBraces, List<(int, string)> found)
    {
        int depth = 0;
        while (at < source.Length)
        {
            char c = source[at];
            if (Begins(source, at, "//")) at = EndOf(source, at, "\n");
            else if (Begins(source, at, "/*")) at = EndOf(source, at, "*/");
            else if (c == '\'') ReadCharacter(source, ref at);
            else if (c == '"' || (c is '$' or '@' && LiteralBegins(source, at))) ReadString(source, ref at, found);
            else if (c == '{') { depth++; at++; }
            else if (c == closing && depth == 0) { at += holeBraces; return; }
            else if (c == '}') { depth--; at++; }
            else at++;
        }
    }

    private static void ReadString(string source, ref int at, List<(int, string)> found)
    {
        int start = at, dollars = 0;
        bool isVerbatim = false;
        for (; source[at] is '$' or '@'; at++)
        {
            if (source[at] == '$') dollars++;
            else isVerbatim = true;
        }

        int quotes = 0;
        while (at < source.Length && source[at] == '"') { quotes++; at++; }
        if (quotes == 2)
        {
            found.Add((start, ""));
            return;
        }

        bool isRaw = quotes >= 3;
        int holeBraces = isRaw ? dollars : 1;
        var text = new StringBuilder();
        while (at < source.Length)
        {
            char c = source[at];
            if (isRaw && Run(source, at, '"') >= quotes) { at += quotes; break; }
            if (!isRaw && c == '"' && !(isVerbatim && Begins(source, at, "\"\""))) { at++; break; }
            if (!isRaw && c == '"') { text.Append('"'); at += 2; }
            else if (!isRaw && !isVerbatim && c == '\\') { text.Append(source[at + 1] is 'n' or 'r' or 't' or '0' ? '\n' : source[at + 1]); at += 2; }
            else if (dollars > 0 && c == '{' && !isRaw && Begins(source, at, "{{")) { text.Append("{{"); at += 2; }
            else if (dollars > 0 && c == '{' && Run(source, at, '{') >= holeBraces)
            {
                at += holeBraces;
                ReadCode(source, ref at, closing: '}', holeBraces, found);
                text.Append(' ');
            }
            else { text.Append(c); at++; }
        }

        found.Add((start, text.ToString()));
    }

    private static void ReadCharacter(string source, ref int at)
    {
        at += source[at + 1] == '\\' ? 3 : 2;
        at = EndOf(source, at, "'");
    }

    private static bool LiteralBegins(string source, int at)
    {
        while (at < source.Length && source[at] is '$' or '@') at++;
        return at < source.Length && source[at] == '"';
    }

    private static bool Begins(string source, int at, string what) => string.CompareOrdinal(source, at, what, 0, what.Length) == 0;

    private static int Run(string source, int at, char what)
    {
        int end = at;
        while (end < source.Length && source[end] == what) end++;
        return end - at;
    }

    private static int EndOf(string source, int at, string what)
    {
        int end = source.IndexOf(what, at, StringComparison.Ordinal);
        return end < 0 ? source.Length : end + what.Length;
    }
}
