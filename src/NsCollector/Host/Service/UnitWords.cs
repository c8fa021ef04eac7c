using System.Text;

namespace NsCollector.Host.Service;

/// <summary>Splits a value of a unit into words (systemd.syntax(7), "Quoting").</summary>
internal static class UnitWords
{
    internal static List<string> Split(string value)
    {
        List<string> words = [];
        StringBuilder word = new();
        char quote = '\0';
        bool isWord = false;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (quote != '\0' && c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'') (quote, isWord) = (c, true);
            else if (c == '\\' && i + 1 < value.Length) (_, isWord) = (word.Append(value[++i]), true);
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord) words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
            else
            {
                // %% is the only specifier that needs no knowledge of the manager.
                if (c == '%' && i + 1 < value.Length && value[i + 1] == '%') i++;
                word.Append(c);
                isWord = true;
            }
        }

        if (isWord) words.Add(word.ToString());
        return words;
    }
}
