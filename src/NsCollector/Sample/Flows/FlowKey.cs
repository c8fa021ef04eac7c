using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Flows;

/// <summary>What connections of a namespace are summed up by.</summary>
/// <param name="High">The first eight bytes of the remote address as a number; an IPv4 address is its upper half.</param>
/// <param name="Low">The last eight bytes; 0 for IPv4.</param>
/// <param name="Port">The port of the service: the local one of an incoming connection, the remote one of an outgoing one, else 0.</param>
/// <param name="Direction">Which end has opened them.</param>
/// <param name="IsIpv6">Whether the address is an IPv6 address.</param>
internal readonly record struct FlowKey(ulong High, ulong Low, ushort Port, FlowDirection Direction, bool IsIpv6)
{
    /// <summary>The key of a connection.</summary>
    /// <param name="flow">The connection.</param>
    /// <param name="direction">Its direction.</param>
    /// <param name="prefixIpv4">How many bits of an IPv4 address are kept.</param>
    /// <param name="prefixIpv6">How many bits of an IPv6 address are kept.</param>
    internal static FlowKey Of(in NativeShim.Flow flow, FlowDirection direction, int prefixIpv4, int prefixIpv6)
    {
        ushort port = direction switch
        {
            FlowDirection.In => flow.LocalPort,
            FlowDirection.Out => flow.RemotePort,
            _ => 0,
        };
        bool isIpv6 = (flow.Flags & NativeShim.FlowFlags.Ipv6) != 0;
        int prefix = isIpv6 ? prefixIpv6 : prefixIpv4;
        return new FlowKey(flow.RemoteHigh & Mask(prefix), isIpv6 ? flow.RemoteLow & Mask(prefix - 64) : 0, port, direction, isIpv6);
    }

    /// <summary>Whether a connection stays in its namespace: its remote end is a loopback address, or the local one.</summary>
    internal static bool IsLocal(in NativeShim.Flow flow)
    {
        if (flow.IsToItself) return true;
        return (flow.Flags & NativeShim.FlowFlags.Ipv6) != 0 ? flow is { RemoteHigh: 0, RemoteLow: 1 } : flow.RemoteHigh >> 56 == 127;
    }

    private static ulong Mask(int bits) => bits switch
    {
        <= 0 => 0,
        >= 64 => ulong.MaxValue,
        _ => ulong.MaxValue << (64 - bits),
    };
}
