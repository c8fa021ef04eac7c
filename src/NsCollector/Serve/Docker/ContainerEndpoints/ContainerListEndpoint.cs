using NsCollector.Linux;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Networks;

namespace NsCollector.Serve.Docker.ContainerEndpoints;

/// <summary><c>/containers/json</c>: the list of containers.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="images">Docker's images.</param>
/// <param name="samples">The samples of the last cycle, for the sizes.</param>
/// <param name="networks">Adds networks that no file has.</param>
internal sealed class ContainerListEndpoint(ContainerInventory inventory, ImageStore images, LatestSamples samples, LiveNetworks networks) : IDockerEndpoint
{
    /// <summary>The wall clock, in nanoseconds since the epoch.</summary>
    internal Func<long> NowNs { get; init; } = SystemClock.RealtimeNs;

    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        InventoryList list = inventory.Current();
        if (ListQuery.TryParse(request, list.Find, out DockerRefusal? refusal) is not { } query)
            return response.Refuse(refusal!, cancellation);

        ImageReferences references = images.References();
        var filter = new ListFilter(query, references);

        // Networks cost system calls, so they are read only of the containers that are listed.
        InventoryEntry[] entries = query.Filters.Contains("network")
            ? [.. filter.Apply(networks.Complete(list, list.Entries))]
            : [.. networks.Complete(list, filter.Apply(list.Entries))];
        SizeTable? sizes = request.IsSet("size") ? new SizeTable(samples, images, entries) : null;
        long nowNs = NowNs();
        return response.SendArray(
            entries,
            (json, entry) => new ListEntryWriter(json, list.Links, request.ApiMinorVersion, nowNs).Write(entry, references.ShownImage(entry), sizes?.Of(entry)),
            cancellation);
    }
}
