using System.Collections.Immutable;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker.ContainerEndpoints;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Events;
using NsCollector.Serve.Docker.Host;
using NsCollector.Serve.Docker.Images;
using NsCollector.Serve.Docker.Networks;
using NsCollector.Serve.Docker.Stats;
using NsCollector.Serve.Docker.Top;

namespace NsCollector.Serve.Docker;

/// <summary>What Docker's API is answered from, and the paths that are answered.</summary>
internal sealed record DockerApi
{
    /// <summary>The options.</summary>
    internal required DockerApiOptions Options { get; init; }

    /// <summary>The samples of the last cycle.</summary>
    internal required LatestSamples Samples { get; init; }

    /// <summary>The containers.</summary>
    internal required ContainerInventory Inventory { get; init; }

    /// <summary>Docker's images.</summary>
    internal required ImageStore Images { get; init; }

    /// <summary>The events.</summary>
    internal required EventLog Events { get; init; }

    /// <summary>The agent.</summary>
    internal required AgentVersion Agent { get; init; }

    /// <summary>The host's procfs and sysfs.</summary>
    internal required HostRoots Roots { get; init; }

    /// <summary>The cgroup hierarchies.</summary>
    internal required CgroupMounts Mounts { get; init; }

    /// <summary>All paths that have an answer.</summary>
    internal ImmutableArray<DockerRoute> Routes()
    {
        var slots = new StreamSlots(Options.MaxStreams);
        var live = new LiveNetworks(Roots, Samples, new BridgeNetworks(Roots));
        var networks = new NetworksEndpoint(() => live.All(Inventory.Current()));
        return
        [
            new("/_ping", new PingEndpoint(), AllowsHead: true),
            new("/version", new VersionEndpoint(Agent, Roots), MayBlock: true),
            new("/info", new InfoEndpoint(Inventory, Agent, Roots, Mounts, () => new ImageList(Inventory.Current().Entries, Images).Images.Length), MayBlock: true),
            new("/events", new EventsEndpoint(Events, slots, id => Inventory.Current().Of(id)?.Details.Labels ?? [])),
            new("/containers/json", new ContainerListEndpoint(Inventory, Images, Samples, live)),
            new("/containers/*/json", new ContainerInspectEndpoint(Inventory, Images, Samples, live, Options), MayBlock: true),
            new("/images/json", new ImageListEndpoint(Inventory, Images)),
            new("/system/df", new DiskUsageEndpoint(Inventory, Images, Samples)),
            new("/containers/*/stats", new StatsEndpoint(Inventory, Samples, CgroupForm.Of(Mounts), slots)),
            new("/containers/*/top", new TopEndpoint(Inventory, new CgroupMembers(Mounts), Roots), MayBlock: true),
            new("/networks", networks),
            new("/networks/*", networks),
            .. DockerRoutes.NotAnswered,
        ];
    }
}
