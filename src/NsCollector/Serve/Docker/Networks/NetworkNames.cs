using System.Collections.Immutable;
using System.Net;
using System.Text;
using NsCollector.Discover;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Host;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>Gives the networks of containers of other runtimes names and ids: those of the host's bridge, else those of the runtime.</summary>
/// <param name="networks">The networks that Docker's files name, and the other bridges of the host.</param>
internal sealed class NetworkNames(ImmutableArray<DockerNetwork> networks)
{
    /// <summary>Docker's name of the host's own network.</summary>
    internal const string Host = "host";

    private readonly Dictionary<string, DockerNetwork> _byBridge = ByBridge(networks);

    private readonly string _hostId = networks.FirstOrDefault(network => network.Driver == Host).Id ?? DockerId.Hash("network\0" + Host);

    /// <summary>The networks of a container as its files would name them if it were Docker's.</summary>
    internal ImmutableArray<NetworkEndpoint> EndpointsOf(ContainerRuntime runtime, NetworkReading reading)
    {
        if (reading.IsHost) return [new NetworkEndpoint(Host) { NetworkId = _hostId }];
        string word = InventoryNames.Word(runtime);
        var own = new DockerNetwork(DockerId.Hash("network\0" + word), word, "");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var endpoints = ImmutableArray.CreateBuilder<NetworkEndpoint>(reading.Interfaces.Length);
        foreach (InterfaceAddresses one in reading.Interfaces)
        {
            DockerNetwork network = one.Bridge is { } bridge && _byBridge.TryGetValue(bridge, out DockerNetwork found) ? found : own;

            // Names are keys of an object. A name of an interface has no colon.
            string name = names.Add(network.Name) ? network.Name : $"{network.Name}:{InventoryNames.Plain(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(one.Interface)))}";
            if (name != network.Name && !names.Add(name)) continue;
            endpoints.Add(EndpointOf(name, network.Id, one));
        }

        return endpoints.ToImmutable();
    }

    private static NetworkEndpoint EndpointOf(string name, string id, InterfaceAddresses one) => new(name)
    {
        NetworkId = id,
        Gateway = Text(one.Gateway),
        Address = Text(one.Address),
        PrefixLength = one.PrefixLength,
        Gateway6 = Text(one.Gateway6),
        Address6 = Text(one.Address6),
        PrefixLength6 = one.PrefixLength6,
    };

    private static string Text(IPAddress? address) => address?.ToString() ?? "";

    private static Dictionary<string, DockerNetwork> ByBridge(ImmutableArray<DockerNetwork> networks)
    {
        var byBridge = new Dictionary<string, DockerNetwork>(StringComparer.Ordinal);
        foreach (DockerNetwork network in networks)
        {
            if (network.Bridge is { } bridge) byBridge.TryAdd(bridge, network);
        }

        return byBridge;
    }
}
