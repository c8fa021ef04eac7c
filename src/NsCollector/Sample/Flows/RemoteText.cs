using System.Buffers.Text;

namespace NsCollector.Sample.Flows;

/// <summary>Writes remote addresses and networks as text, IPv6 as in RFC 5952. Allocates nothing.</summary>
internal static class RemoteText
{
    /// <summary>Maximum length: eight groups of four digits with colons, and a prefix.</summary>
    internal const int MaxBytes = 39 + 4;

    /// <summary>The remote of connections without a point of their own.</summary>
    internal static ReadOnlySpan<byte> Other => "other"u8;

    /// <summary>Writes the address, or with a shorter prefix the network.</summary>
    /// <param name="key">The address.</param>
    /// <param name="prefixIpv4">How many bits of an IPv4 address were kept.</param>
    /// <param name="prefixIpv6">How many bits of an IPv6 address were kept.</param>
    /// <param name="text">Receives the text: <see cref="MaxBytes"/>.</param>
    /// <returns>The length.</returns>
    internal static int Write(in FlowKey key, int prefixIpv4, int prefixIpv6, Span<byte> text)
    {
        int at = key.IsIpv6 ? WriteIpv6(key.High, key.Low, text) : WriteIpv4((uint)(key.High >> 32), text);
        int prefix = key.IsIpv6 ? prefixIpv6 : prefixIpv4;
        if (prefix == (key.IsIpv6 ? 128 : 32)) return at;
        text[at++] = (byte)'/';
        return at + WriteNumber(prefix, 'D', text[at..]);
    }

    private static int WriteIpv4(uint address, Span<byte> text)
    {
        int at = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            if (shift < 24) text[at++] = (byte)'.';
            at += WriteNumber((int)(address >> shift & 0xff), 'D', text[at..]);
        }

        return at;
    }

    private static int WriteIpv6(ulong high, ulong low, Span<byte> text)
    {
        (int first, int count) = LongestZeros(high, low);
        int at = 0;
        for (int i = 0; i < 8; i++)
        {
            if (i == first)
            {
                text[at++] = (byte)':';
                text[at++] = (byte)':';
                i += count - 1;
                continue;
            }

            if (i > 0 && i != first + count) text[at++] = (byte)':';
            at += WriteNumber(Group(high, low, i), 'x', text[at..]);
        }

        return at;
    }

    // The first of the longest runs of at least two groups of zeros; (-1, 0) if there is none.
    private static (int First, int Count) LongestZeros(ulong high, ulong low)
    {
        (int First, int Count) longest = (-1, 0);
        for (int i = 0; i < 8; i++)
        {
            int count = 0;
            while (i + count < 8 && Group(high, low, i + count) == 0) count++;
            if (count >= 2 && count > longest.Count) longest = (i, count);
            i += count;
        }

        return longest;
    }

    private static int Group(ulong high, ulong low, int index) => (int)((index < 4 ? high : low) >> (48 - (16 * (index % 4))) & 0xffff);

    private static int WriteNumber(int number, char format, Span<byte> text)
    {
        Utf8Formatter.TryFormat(number, text, out int written, format);
        return written;
    }
}
