using System.Collections.Immutable;
using NsCollector.Discover.Recognise;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Host;

/// <summary>The networks that containers have, and the bridges of the host that belong to none of them.</summary>
internal static class KnownNetworks
{
    // As many digits of an id as docker shows. Docker names the bridge of a network after them.
    private const int ShortIdDigits = 12;

    /// <summary>Lists them in the order of their names.</summary>
    /// <param name="entries">The containers.</param>
    /// <param name="bridges">The host's bridges.</param>
    internal static ImmutableArray<DockerNetwork> Of(IEnumerable<InventoryEntry> entries, ImmutableArray<DockerNetwork> bridges)
    {
        var networks = new Dictionary<string, DockerNetwork>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        HashSet<string> ofHost = [.. bridges.Select(network => network.Bridge).OfType<string>()], bridgeIds = [.. bridges.Select(network => network.Id)];
        foreach (NetworkEndpoint endpoint in entries.SelectMany(entry => entry.Details.Networks))
        {
            if (!OciId.Is(endpoint.NetworkId) || bridgeIds.Contains(endpoint.NetworkId) || networks.ContainsKey(endpoint.NetworkId)) continue;
            string name = endpoint.Network == BridgeNetworks.DefaultNetwork ? BridgeNetworks.DefaultBridge : "br-" + endpoint.NetworkId[..ShortIdDigits];
            string? bridge = ofHost.Contains(name) ? name : null;
            taken.Add(name);
            networks.Add(endpoint.NetworkId, new DockerNetwork(endpoint.NetworkId, endpoint.Network, DriverOf(endpoint.Network, bridge is not null), bridge));
        }

        return [.. networks.Values.Concat(bridges.Where(network => !taken.Contains(network.Bridge!))).OrderBy(network => network.Name, StringComparer.Ordinal)];
    }

    // The names of Docker's own networks cannot be used for others.
    private static string DriverOf(string network, bool hasBridge) => network switch
    {
        "host" => "host",
        "none" => "null",
        BridgeNetworks.DefaultNetwork => "bridge",
        _ => hasBridge ? "bridge" : "",
    };
}
