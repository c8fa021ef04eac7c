using System.Globalization;
using System.Text;

namespace NsCollector.Discover.Recognise;

/// <summary>systemd's escapes in the names of units (systemd.unit(5), "string escaping for inclusion in unit names").</summary>
internal static class SystemdName
{
    /// <summary>Unescapes <c>\xNN</c>, a byte of UTF-8. A dash stays a dash: in these names it never replaces a slash.</summary>
    /// <param name="escaped">Part of a unit's name; what is no whole escape stays as it is.</param>
    internal static string Unescape(ReadOnlySpan<char> escaped)
    {
        if (!escaped.Contains(@"\x", StringComparison.Ordinal)) return escaped.ToString();
        StringBuilder text = new(escaped.Length);
        // The bytes of a character follow each other, so each sequence is decoded as a whole.
        byte[] row = new byte[escaped.Length / 4];
        while (!escaped.IsEmpty)
        {
            int length = 0;
            while (escaped.Length >= 4
                && escaped.StartsWith(@"\x", StringComparison.Ordinal)
                && byte.TryParse(escaped.Slice(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                row[length++] = value;
                escaped = escaped[4..];
            }

            if (length > 0)
            {
                text.Append(Encoding.UTF8.GetString(row, 0, length));
            }
            else
            {
                text.Append(escaped[0]);
                escaped = escaped[1..];
            }
        }

        return text.ToString();
    }
}
