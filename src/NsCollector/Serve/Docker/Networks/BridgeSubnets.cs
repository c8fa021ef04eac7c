using System.Collections.Immutable;
using System.Net;
using NsCollector.Serve.Docker.Host;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>The subnets of the host's bridges. The host's end of a container's interface is not in /proc, but the bridge that it belongs to has the container's subnet.</summary>
internal sealed class BridgeSubnets
{
    private readonly (IPNetwork Subnet, string Bridge)[] _subnets;

    /// <param name="bridges">The host's bridges.</param>
    /// <param name="routes">The host's net/route.</param>
    /// <param name="addresses6">The host's net/if_inet6.</param>
    internal BridgeSubnets(ImmutableArray<DockerNetwork> bridges, IEnumerable<Ipv4Route> routes, IEnumerable<Ipv6Address> addresses6)
    {
        HashSet<string> names = [.. bridges.Select(bridge => bridge.Bridge).OfType<string>()];
        _subnets =
        [
            .. routes.Where(route => route.IsConnected && names.Contains(route.Interface))
                .Select(route => (new IPNetwork(Ipv4Route.AddressOf(route.Destination), route.PrefixLength), route.Interface))
                .Concat(addresses6.Where(address => names.Contains(address.Interface)).Select(address => (SubnetOf(address), address.Interface)))
                .OrderByDescending(subnet => subnet.Item1.PrefixLength),
        ];
    }

    /// <summary>The bridge with the smallest subnet that has an address; null if there is none.</summary>
    internal string? BridgeOf(IPAddress? address)
    {
        if (address is null) return null;
        foreach ((IPNetwork subnet, string bridge) in _subnets)
        {
            if (subnet.Contains(address)) return bridge;
        }

        return null;
    }

    private static IPNetwork SubnetOf(Ipv6Address address)
    {
        byte[] bytes = address.Address.GetAddressBytes();
        for (int bit = address.PrefixLength; bit < 128; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), address.PrefixLength);
    }
}
