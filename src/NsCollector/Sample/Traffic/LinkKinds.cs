using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Traffic;

/// <summary>What the kernel's name for a kind of interface (IFLA_INFO_KIND) says about where its traffic goes.</summary>
internal static class LinkKinds
{
    // Their traffic is counted at their ports, or never leaves the namespace.
    private static readonly byte[][] Inner =
    [
        .. Names("bridge bond team vrf dummy ifb nlmon openvswitch ovs hsr batadv vcan vsockmon macsec netdevsim"),
    ];

    // Their packets are wrapped and sent through another interface, in the namespace to which the tunnel belongs.
    private static readonly byte[][] Tunnels =
    [
        .. Names("vxlan geneve bareudp gre gretap erspan ip6gre ip6gretap ip6erspan ipip sit ip6tnl vti vti6 xfrm gtp amt l2tpeth"),
    ];

    // A process or a socket carries their packets on, which may be in this namespace or in another; the kernel does not tell.
    private static readonly byte[][] Carried = [.. Names("tun wireguard ppp ovpn")];

    private static readonly byte[][] Pairs = [.. Names("veth netkit vxcan")];

    /// <summary>Whether interfaces of this kind never lead out of their namespace.</summary>
    internal static bool IsInner(in NativeShim.InterfaceName kind) => Contains(Inner, in kind);

    /// <summary>Whether it is a tunnel whose packets the kernel sends through another interface.</summary>
    internal static bool IsTunnel(in NativeShim.InterfaceName kind) => Contains(Tunnels, in kind);

    /// <summary>Whether it is an interface whose packets a process or a socket carries on.</summary>
    internal static bool IsCarried(in NativeShim.InterfaceName kind) => Contains(Carried, in kind);

    /// <summary>Whether it is one of two interfaces that are connected to each other.</summary>
    internal static bool IsPair(in NativeShim.InterfaceName kind) => Contains(Pairs, in kind);

    /// <summary>The bytes of a name before its NUL.</summary>
    internal static ReadOnlySpan<byte> Text(in NativeShim.InterfaceName name)
    {
        ReadOnlySpan<byte> bytes = name;
        int length = bytes.IndexOf((byte)0);
        return length < 0 ? bytes : bytes[..length];
    }

    private static bool Contains(byte[][] kinds, in NativeShim.InterfaceName kind)
    {
        ReadOnlySpan<byte> text = Text(in kind);
        foreach (byte[] one in kinds)
        {
            if (text.SequenceEqual(one)) return true;
        }

        return false;
    }

    private static IEnumerable<byte[]> Names(string names) => names.Split(' ').Select(System.Text.Encoding.ASCII.GetBytes);
}
