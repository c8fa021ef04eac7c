using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using NsCollector.Sample.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>A unicast route of a network namespace, from net/route (fib_route_seq_show of net/ipv4/fib_trie.c). Addresses are in host byte order.</summary>
/// <param name="Interface">The interface, one character for each byte.</param>
/// <param name="Destination">The subnet's address.</param>
/// <param name="PrefixLength">The length of the subnet's prefix, in bits.</param>
/// <param name="Gateway">The next router; 0 if the subnet is connected to the interface.</param>
/// <param name="Metric">Of two routes to the same subnet, the kernel uses the one with the lower metric.</param>
internal readonly record struct Ipv4Route(string Interface, uint Destination, int PrefixLength, uint Gateway, uint Metric)
{
    /// <summary>Maximum number of routes; further ones are left out.</summary>
    internal const int Max = 4096;

    // RTF_UP and RTF_REJECT of include/uapi/linux/route.h.
    private const uint Up = 0x1, Reject = 0x200;

    /// <summary>Whether it is the route to everything for which there is no other.</summary>
    internal bool IsDefault => PrefixLength == 0;

    /// <summary>Whether hosts of its subnet are reached without a router.</summary>
    internal bool IsConnected => Gateway == 0 && PrefixLength > 0;

    /// <summary>Whether an address is in its subnet.</summary>
    internal bool Contains(uint address) => PrefixLength == 0 || (address ^ Destination) >> (32 - PrefixLength) == 0;

    /// <summary>An address as an object.</summary>
    internal static IPAddress AddressOf(uint address) => new(ToHost(address));

    /// <summary>Parses the file. Lines that are malformed or cut are left out.</summary>
    internal static List<Ipv4Route> Parse(ReadOnlySpan<byte> text)
    {
        List<Ipv4Route> routes = [];
        while (routes.Count < Max && TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole) && whole)
        {
            if (ParseLine(line) is { } route) routes.Add(route);
        }

        return routes;
    }

    // Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT; the first line has these titles.
    private static Ipv4Route? ParseLine(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> name = TextNumber.Word(ref line);
        if (!TextNumber.TryHex(ref line, out uint destination) || !TextNumber.TryHex(ref line, out uint gateway)) return null;
        if (!TextNumber.TryHex(ref line, out uint flags) || (flags & Up) == 0 || (flags & Reject) != 0) return null;
        if (!TextNumber.TryUnsigned(ref line, out _) || !TextNumber.TryUnsigned(ref line, out _) || !TextNumber.TryUnsigned(ref line, out ulong metric)) return null;
        if (!TextNumber.TryHex(ref line, out uint mask)) return null;

        // The kernel prints the bytes of an address as one number of the processor.
        int prefix = BitOperations.LeadingZeroCount(~ToHost(mask));
        return new Ipv4Route(Encoding.Latin1.GetString(name), ToHost(destination), prefix, ToHost(gateway), (uint)Math.Min(metric, uint.MaxValue));
    }

    private static uint ToHost(uint value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
