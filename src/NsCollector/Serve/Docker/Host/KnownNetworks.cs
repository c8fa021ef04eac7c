using System.Collections.Immutable;
using NsCollector.Discover.Recognise;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Host;

/// <summary>The networks that containers name, and the bridges of the host that belong to none of them.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="bridges">Reads the host's bridges.</param>
internal sealed class KnownNetworks(ContainerInventory inventory, BridgeNetworks bridges)
{
    // As many digits of an id as docker shows. Docker names the bridge of a network after them.
    private const int ShortIdDigits = 12;

    /// <summary>Reads them, in the order of their names.</summary>
    internal ImmutableArray<DockerNetwork> All()
    {
        ImmutableArray<DockerNetwork> ofHost = bridges.All();
        var networks = new Dictionary<string, DockerNetwork>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (NetworkEndpoint endpoint in inventory.Current().Entries.SelectMany(entry => entry.Details.Networks))
        {
            if (!OciId.Is(endpoint.NetworkId) || networks.ContainsKey(endpoint.NetworkId)) continue;
            string bridge = endpoint.Network == BridgeNetworks.DefaultNetwork ? endpoint.Network : "br-" + endpoint.NetworkId[..ShortIdDigits];
            taken.Add(bridge);
            networks.Add(endpoint.NetworkId, new DockerNetwork(endpoint.NetworkId, endpoint.Network, DriverOf(endpoint.Network, ofHost.Any(network => network.Name == bridge))));
        }

        return [.. networks.Values.Concat(ofHost.Where(network => !taken.Contains(network.Name))).OrderBy(network => network.Name, StringComparer.Ordinal)];
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
