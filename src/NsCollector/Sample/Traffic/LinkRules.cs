using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Traffic;

/// <summary>
/// Decides which interfaces of a network namespace lead out of it, so that each byte that a container exchanges with the
/// outside is counted once: not those that are stacked on another interface of the namespace (VLAN, macvlan, bridge, bond),
/// and no pair whose other end is in the same namespace or in a container inside this one.
/// </summary>
internal static class LinkRules
{
    private const uint Loopback = 8; // IFF_LOOPBACK

    private enum Role : byte
    {
        Inner,
        Out,

        // A process or socket carries its packets on, here or in another namespace.
        CarriedOn,

        // A pair whose other end is in a namespace of which no container is known.
        ToUnknown,
    }

    /// <summary>Decides.</summary>
    /// <param name="links">All interfaces of one namespace.</param>
    /// <param name="isInside">By the index of a candidate (<see cref="NativeShim.Link.Place"/>): whether its container is inside this one.</param>
    /// <param name="leadsOut">Receives one value for each link.</param>
    /// <returns>Whether the decision is certain. If it is not, a sum over these links may be too high or too low.</returns>
    internal static bool Decide(ReadOnlySpan<NativeShim.Link> links, ReadOnlySpan<bool> isInside, Span<bool> leadsOut)
    {
        HashSet<int> masters = [];
        foreach (ref readonly NativeShim.Link link in links)
        {
            if (link.Master > 0) masters.Add(link.Master);
        }

        Span<Role> roles = links.Length <= 256 ? stackalloc Role[links.Length] : new Role[links.Length];
        bool anyOut = false, anyCarried = false, anyUnknown = false;
        for (int i = 0; i < links.Length; i++)
        {
            Role role = masters.Contains(links[i].Index) ? Role.Inner : RoleOf(in links[i], isInside);
            roles[i] = role;
            anyOut |= role == Role.Out;
            anyCarried |= role == Role.CarriedOn;
            anyUnknown |= role == Role.ToUnknown;
        }

        // Beside a link that leads out for certain, a tunnel device is stacked on it, and an unknown namespace is one that was
        // made inside. Without any, they are the only way out (slirp4netns, the namespace of a rootless Podman).
        Role wanted = anyOut ? Role.Out : anyUnknown ? Role.ToUnknown : Role.CarriedOn;
        for (int i = 0; i < links.Length; i++) leadsOut[i] = roles[i] == wanted;
        return anyOut || !(anyCarried && anyUnknown);
    }

    private static Role RoleOf(in NativeShim.Link link, ReadOnlySpan<bool> isInside)
    {
        if ((link.Flags & Loopback) != 0 || LinkKinds.IsInner(in link.Kind)) return Role.Inner;
        if (LinkKinds.IsCarried(in link.Kind)) return Role.CarriedOn;

        // Stacked on an interface of this namespace, or its pair is here too.
        if (link.Place == NativeShim.LinkPlace.Same)
            return link.Lower != 0 || LinkKinds.IsTunnel(in link.Kind) || LinkKinds.IsPair(in link.Kind) ? Role.Inner : Role.Out;
        if (!LinkKinds.IsPair(in link.Kind) || link.Place == NativeShim.LinkPlace.Host) return Role.Out;
        if (link.Place >= 0) return link.Place < isInside.Length && isInside[link.Place] ? Role.Inner : Role.Out;

        // The port of a bridge of this namespace is where somebody else is connected to it.
        return link.Master != 0 ? Role.Inner : Role.ToUnknown;
    }
}
