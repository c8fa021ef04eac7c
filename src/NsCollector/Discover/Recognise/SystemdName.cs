using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace NsCollector.Discover.Recognise;

/// <summary>systemd's escapes in the names of units (systemd.unit(5), "string escaping for inclusion in unit names").</summary>
internal static class SystemdName
{
    /// <summary>Unescapes <c>\xNN</c>, a byte of UTF-8. A dash stays a dash: in these names it never replaces a slash.</summary>
    /// <param name="escaped">Part of a unit's name. What is no whole escape, or not UTF-8, stays as it is, so that distinct names stay distinct.</param>
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
                && byte.TryParse(escaped.Slice(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte next))
            {
                row[length++] = next;
                escaped = escaped[4..];
            }

            if (length > 0)
            {
                ReadOnlySpan<byte> bytes = row.AsSpan(0, length);
                if (Utf8.IsValid(bytes)) text.Append(Encoding.UTF8.GetString(bytes));
                else foreach (byte value in bytes) text.Append(CultureInfo.InvariantCulture, $@"\x{value:x2}");
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
