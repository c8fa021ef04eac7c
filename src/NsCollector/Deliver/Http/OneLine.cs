using System.Globalization;
using System.Text;

namespace NsCollector.Deliver.Http;

/// <summary>Makes text from a server safe for a message: one line of bounded length without control characters.</summary>
internal static class OneLine
{
    /// <summary>Maximum number of characters.</summary>
    internal const int MaxLength = 300;

    /// <summary>Replaces each run of unprintable characters by a space, and removes secrets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="secrets">Secrets to remove, in case the server sends them back; longer ones first.</param>
    /// <param name="maxLength">Maximum number of characters.</param>
    internal static string Text(string text, IReadOnlyList<string>? secrets = null, int maxLength = MaxLength)
    {
        // Before the text is cut, because a part of a secret must not appear either.
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

    // Surrogates are always removed, because a cut within a pair would be invalid text.
    private static bool IsUnprintable(char character) =>
        char.IsControl(character) || char.IsSurrogate(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
