using System.Text;
using System.Text.Json;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Texts and times as cAdvisor's API writes them.</summary>
internal static class CadvisorText
{
    /// <summary>Go's zero time, which cAdvisor writes for a time that it does not know.</summary>
    internal const string UnknownTime = "0001-01-01T00:00:00Z";

    /// <summary>A hostile text as valid Unicode, because a JSON writer refuses any other.</summary>
    internal static string Valid(string text)
    {
        foreach (char one in text)
        {
            if (char.IsSurrogate(one)) return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        }

        return text;
    }

    /// <summary>Hostile bytes of the kernel as text; what is not UTF-8 becomes U+FFFD.</summary>
    internal static string Valid(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    /// <summary>Writes a time in RFC 3339 with nanoseconds, without zeros at the end, as Go's time.RFC3339Nano.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="key">The key.</param>
    /// <param name="ns">Nanoseconds since the epoch; null if unknown.</param>
    internal static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> key, long? ns)
    {
        Span<char> text = stackalloc char[40];
        json.WriteString(key, ns is null ? UnknownTime : text[..Format(ns.Value, text)]);
    }

    /// <summary>Formats a time in RFC 3339.</summary>
    /// <returns>The length.</returns>
    internal static int Format(long ns, Span<char> text)
    {
        (long seconds, long fraction) = Math.DivRem(ns, 1_000_000_000);
        if (fraction < 0) (seconds, fraction) = (seconds - 1, fraction + 1_000_000_000);
        DateTime time = DateTime.UnixEpoch.AddSeconds(seconds);
        time.TryFormat(text, out int length, "yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        if (fraction > 0)
        {
            text[length++] = '.';
            fraction.TryFormat(text[length..], out _, "D9", System.Globalization.CultureInfo.InvariantCulture);
            length += 9;
            while (text[length - 1] == '0') length--;
        }

        text[length++] = 'Z';
        return length;
    }
}
