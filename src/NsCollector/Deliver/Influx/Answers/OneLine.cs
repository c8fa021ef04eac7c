using System.Globalization;
using System.Text;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>Text from a server on its way into a message: on one line, of bounded length, without what a terminal would obey.</summary>
internal static class OneLine
{
    /// <summary>How many characters are kept.</summary>
    internal const int MaxLength = 300;

    /// <summary>Makes it so. Runs of what cannot be printed become one space.</summary>
    /// <param name="text">Whatever came.</param>
    /// <param name="secrets">What must not show, should a server send it back to us; longer ones first.</param>
    /// <param name="maxLength">How many characters are kept.</param>
    internal static string Text(string text, IReadOnlyList<string>? secrets = null, int maxLength = MaxLength)
    {
        // Before anything is cut off: the beginning of a secret is a secret too.
        foreach (string secret in secrets ?? [])
            if (secret.Length > 0) text = text.Replace(secret, "[secret]", StringComparison.Ordinal);

        StringBuilder result = new(Math.Min(text.Length, maxLength) + 1);
        foreach (char character in text)
        {
            if (result.Length == maxLength) return result.ToString().TrimEnd() + "…";
            if (!IsUnprintable(character)) result.Append(character);
            else if (result.Length > 0 && result[^1] != ' ') result.Append(' ');
        }
        return result.ToString().TrimEnd();
    }

    // Surrogates are left out whole: cut in the middle of a pair they would be no text.
    private static bool IsUnprintable(char character) =>
        char.IsControl(character) || char.IsSurrogate(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
