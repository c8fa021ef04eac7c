using System.Collections.Immutable;
using System.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>What the files of a network namespace say about its addresses. The kernel's text does not name the interface of an IPv4 address; its routes do.</summary>
internal sealed class NamespaceAddresses
{
    /// <summary>Maximum interfaces that are shown of a container; the owner of a namespace can make any number of them.</summary>
    internal const int MaxInterfaces = 16;

    private const int WholeAddress = 32;

    private readonly Dictionary<string, InterfaceAddresses> _byName = new(StringComparer.Ordinal);

    private NamespaceAddresses()
    {
    }

    /// <summary>Assigns the addresses to interfaces.</summary>
    /// <param name="addresses">net/fib_trie.</param>
    /// <param name="routes">net/route.</param>
    /// <param name="addresses6">net/if_inet6.</param>
    /// <param name="gateways6">net/ipv6_route.</param>
    /// <param name="inner">Interfaces that do not lead out of the container.</param>
    /// <returns>The interfaces with an address: the one of the default route first, the others by name.</returns>
    internal static ImmutableArray<InterfaceAddresses> Of(
        IEnumerable<uint> addresses, List<Ipv4Route> routes, IEnumerable<Ipv6Address> addresses6, IReadOnlyDictionary<string, IPAddress> gateways6, IReadOnlySet<string> inner)
    {
        string? first = DefaultInterfaceOf(routes);
        var found = new NamespaceAddresses();
        found.AddIpv4(addresses, routes, first);
        found.AddIpv6(addresses6, gateways6);
        first ??= gateways6.Keys.Order(StringComparer.Ordinal).FirstOrDefault();
        return
        [
            .. found._byName.Values.Where(one => one.Interface != "lo" && !inner.Contains(one.Interface))
                .OrderBy(one => one.Interface == first ? 0 : 1).ThenBy(one => one.Interface, StringComparer.Ordinal).Take(MaxInterfaces),
        ];
    }

    private static string? DefaultInterfaceOf(List<Ipv4Route> routes)
    {
        Ipv4Route[] all = [.. routes.Where(route => route.IsDefault).OrderBy(route => route.Metric)];
        if (all.Length > 0) return all[0].Interface;
        string[] names = [.. routes.Select(route => route.Interface).Distinct(StringComparer.Ordinal).Take(2)];
        return names.Length == 1 ? names[0] : null;
    }

    private void AddIpv4(IEnumerable<uint> addresses, List<Ipv4Route> routes, string? first)
    {
        Ipv4Route[] connected = [.. routes.Where(route => route.IsConnected).OrderByDescending(route => route.PrefixLength)];
        uint? unassigned = null;
        foreach (uint address in addresses)
        {
            int at = Array.FindIndex(connected, route => route.Contains(address));
            if (at < 0) unassigned ??= address;
            else if (!_byName.ContainsKey(connected[at].Interface)) Add(connected[at].Interface, address, connected[at].PrefixLength);
        }

        // Pods of Calico and others have an address without a subnet, and a route to everything.
        if (unassigned is { } single && first is not null && !_byName.ContainsKey(first)) Add(first, single, WholeAddress);

        void Add(string name, uint address, int prefixLength)
        {
            uint gateway = routes.Where(route => route.IsDefault && route.Interface == name).OrderBy(route => route.Metric).FirstOrDefault().Gateway;
            _byName.Add(name, new InterfaceAddresses(name)
            {
                Address = Ipv4Route.AddressOf(address),
                PrefixLength = prefixLength,
                Gateway = gateway != 0 ? Ipv4Route.AddressOf(gateway) : null,
            });
        }
    }

    // The kernel's order is that of a hash table.
    private void AddIpv6(IEnumerable<Ipv6Address> addresses, IReadOnlyDictionary<string, IPAddress> gateways)
    {
        foreach (Ipv6Address address in addresses.OrderBy(one => Convert.ToHexString(one.Address.GetAddressBytes()), StringComparer.Ordinal))
        {
            InterfaceAddresses known = _byName.GetValueOrDefault(address.Interface) ?? new InterfaceAddresses(address.Interface);
            if (known.Address6 is not null) continue;
            _byName[address.Interface] = known with { Address6 = address.Address, PrefixLength6 = address.PrefixLength, Gateway6 = gateways.GetValueOrDefault(address.Interface) };
        }
    }
}
