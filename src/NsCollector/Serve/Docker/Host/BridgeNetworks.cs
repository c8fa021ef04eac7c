using System.Collections.Immutable;
using NsCollector.Linux;

namespace NsCollector.Serve.Docker.Host;

/// <summary>The bridges of the host as networks. Docker's own file of networks is a database that only dockerd can open.</summary>
/// <param name="roots">The host's sysfs.</param>
internal sealed class BridgeNetworks(HostRoots roots)
{
    private const int MaxBridges = 1000;

    /// <summary>The bridge of Docker's default network.</summary>
    internal const string DefaultBridge = "docker0";

    /// <summary>The name of Docker's default network.</summary>
    internal const string DefaultNetwork = "bridge";

    /// <summary>Reads them, in the order of their names.</summary>
    internal ImmutableArray<DockerNetwork> All()
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(roots.Sys + "/class/net").Where(path => Directory.Exists(path + "/bridge")).Take(MaxBridges)
                    .Select(path => NetworkOf(Path.GetFileName(path))).OrderBy(network => network.Name, StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A stable id, because the kernel knows none.
    private static DockerNetwork NetworkOf(string bridge) =>
        new(DockerId.Hash("bridge\0" + bridge), bridge == DefaultBridge ? DefaultNetwork : bridge, "bridge", bridge);
}
