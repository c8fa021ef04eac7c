using System.Text;

namespace NsCollector.Host.Service;

/// <summary>The text of a file that EnvironmentFile= names. Its rules differ from those of a unit (systemd.exec(5), "EnvironmentFile=").</summary>
/// <remarks>Source: parse_env_file_internal() in systemd's env-file.c.</remarks>
internal static class EnvironmentText
{
    /// <summary>The variables, in their order.</summary>
    internal static List<(string Name, string Value)> Parse(string text)
    {
        List<(string, string)> variables = [];
        int at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
                continue;
            }

            int lineEnd = text.IndexOf('\n', at);
            if (lineEnd < 0) lineEnd = text.Length;
            int equals = text.IndexOf('=', at, lineEnd - at);
            if (c is '#' or ';' || equals <= at)
            {
                at = lineEnd;
                continue;
            }

            string name = text[at..equals].TrimEnd();
            at = equals + 1;
            variables.Add((name, Value(text, ref at)));
        }

        return variables;
    }

    // Quotes count only before the first bare character. A backslash before a line break removes both.
    private static string Value(string text, ref int at)
    {
        StringBuilder value = new();
        char quote = '\0';
        bool isBare = false;
        int end = 0; // after the last character that is not bare white space
        for (; at < text.Length; at++)
        {
            char c = text[at];
            bool isEscape = c == '\\' && quote != '\'' && at + 1 < text.Length;
            if (quote == '\0' && c == '\n') break;
            if (isEscape && text[at + 1] == '\n')
            {
                at++;
                isBare |= quote == '\0';
            }
            else if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else if (isEscape && text[at + 1] is '"' or '\\' or '`' or '$') value.Append(text[++at]);
                else value.Append(c);
                end = value.Length;
            }
            else if (!isBare && c is '"' or '\'')
            {
                quote = c;
            }
            else if (isBare || !char.IsWhiteSpace(c))
            {
                isBare = true;
                value.Append(isEscape ? text[++at] : c);
                if (isEscape || !char.IsWhiteSpace(c)) end = value.Length;
            }
        }

        return value.ToString(0, end);
    }
}
