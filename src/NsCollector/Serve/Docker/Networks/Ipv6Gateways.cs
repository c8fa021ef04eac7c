using System.Net;
using System.Text;
using NsCollector.Sample.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>The gateways of the IPv6 default routes of a network namespace, from net/ipv6_route (rt6_info_route of net/ipv6/ip6_fib.c).</summary>
internal static class Ipv6Gateways
{
    /// <summary>Maximum number of gateways; further ones are left out.</summary>
    internal const int Max = 64;

    // RTF_UP and RTF_GATEWAY of include/uapi/linux/route.h.
    private const uint ByGateway = 0x1 | 0x2;

    /// <summary>Parses the file. Lines that are malformed or cut are left out.</summary>
    /// <returns>By the name of the interface, one character for each byte: the first gateway.</returns>
    internal static Dictionary<string, IPAddress> Parse(ReadOnlySpan<byte> text)
    {
        var gateways = new Dictionary<string, IPAddress>(StringComparer.Ordinal);
        while (gateways.Count < Max && TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole) && whole) ParseLine(line, gateways);
        return gateways;
    }

    // DESTINATION PREFIX SOURCE PREFIX GATEWAY METRIC REFERENCES USES FLAGS NAME, all but the name in hexadecimal digits
    private static void ParseLine(ReadOnlySpan<byte> line, Dictionary<string, IPAddress> gateways)
    {
        TextNumber.Word(ref line);
        if (!TextNumber.Word(ref line).SequenceEqual("00"u8)) return;
        TextNumber.Word(ref line);
        if (!TextNumber.Word(ref line).SequenceEqual("00"u8)) return;
        if (Ipv6Address.ParseAddress(TextNumber.Word(ref line)) is not { } gateway) return;
        for (int i = 0; i < 3; i++) TextNumber.Word(ref line);
        if (!TextNumber.TryHex(ref line, out uint flags) || (flags & ByGateway) != ByGateway) return;
        ReadOnlySpan<byte> name = TextNumber.Word(ref line);
        if (!name.IsEmpty) gateways.TryAdd(Encoding.Latin1.GetString(name), gateway);
    }
}
