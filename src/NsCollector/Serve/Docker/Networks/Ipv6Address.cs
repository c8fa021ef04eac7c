using System.Net;
using System.Text;
using NsCollector.Sample.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>A global IPv6 address of a network namespace, from net/if_inet6 (if6_seq_show of net/ipv6/addrconf.c).</summary>
/// <param name="Interface">The interface, one character for each byte.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">The length of its prefix, in bits.</param>
internal readonly record struct Ipv6Address(string Interface, IPAddress Address, int PrefixLength)
{
    /// <summary>Maximum number of addresses; further ones are left out.</summary>
    internal const int Max = 1024;

    // The whole address in hexadecimal digits.
    private const int Digits = 32;

    // IPV6_ADDR_SCOPE_MASK of include/net/ipv6.h; unique local addresses are global too.
    private const uint GlobalScope = 0;

    // IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED and IFA_F_TENTATIVE of include/uapi/linux/if_addr.h: others cannot rely on it.
    private const uint Unreliable = 0x01 | 0x08 | 0x20 | 0x40;

    /// <summary>Parses the file. Lines that are malformed or cut are left out.</summary>
    internal static List<Ipv6Address> Parse(ReadOnlySpan<byte> text)
    {
        List<Ipv6Address> addresses = [];
        while (addresses.Count < Max && TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole) && whole)
        {
            if (ParseLine(line) is { } address) addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>Parses an address of 32 hexadecimal digits.</summary>
    /// <returns>Null if it is malformed.</returns>
    internal static IPAddress? ParseAddress(ReadOnlySpan<byte> word)
    {
        Span<byte> bytes = stackalloc byte[Digits / 2];
        if (word.Length != Digits || Convert.FromHexString(word, bytes, out _, out _) != System.Buffers.OperationStatus.Done) return null;
        return new IPAddress(bytes);
    }

    // ADDRESS INDEX PREFIX SCOPE FLAGS NAME
    private static Ipv6Address? ParseLine(ReadOnlySpan<byte> line)
    {
        if (ParseAddress(TextNumber.Word(ref line)) is not { } address || !TextNumber.TryHex(ref line, out _)) return null;
        if (!TextNumber.TryHex(ref line, out uint prefix) || prefix > 128) return null;
        if (!TextNumber.TryHex(ref line, out uint scope) || scope != GlobalScope) return null;
        if (!TextNumber.TryHex(ref line, out uint flags) || (flags & Unreliable) != 0) return null;
        ReadOnlySpan<byte> name = TextNumber.Word(ref line);
        return name.IsEmpty ? null : new Ipv6Address(Encoding.Latin1.GetString(name), address, (int)prefix);
    }
}
