using System.Globalization;
using System.Text;

namespace NsCollector.Host.Configuration;

/// <summary>Makes text from outside safe for a message: one line, bounded length, no terminal control sequences.</summary>
internal static class Printable
{
    private const int MaxLength = 120;

    internal static string Text(string text)
    {
        if (text.Length <= MaxLength && !text.Any(IsUnprintable)) return text;
        StringBuilder result = new();
        foreach (char character in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (IsUnprintable(character)) result.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else result.Append(character);
        }

        if (text.Length > MaxLength) result.Append('…');
        return result.ToString();
    }

    // Surrogates are escaped, because the cut could split a pair.
    private static bool IsUnprintable(char character) =>
        char.IsControl(character) || char.IsSurrogate(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
