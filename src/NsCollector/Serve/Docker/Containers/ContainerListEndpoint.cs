using NsCollector.Linux;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Containers;

/// <summary><c>/containers/json</c>: the list of containers.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="images">Docker's images.</param>
/// <param name="samples">The samples of the last cycle, for the sizes.</param>
internal sealed class ContainerListEndpoint(ContainerInventory inventory, ImageStore images, LatestSamples samples) : IDockerEndpoint
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
        InventoryEntry[] entries = [.. new ListFilter(query, references).Apply(list.Entries)];
        SizeTable? sizes = request.IsSet("size") ? new SizeTable(samples, images, entries) : null;
        long nowNs = NowNs();
        return response.SendArray(
            entries,
            (json, entry) => new ListEntryWriter(json, list.Links, request.ApiMinorVersion, nowNs).Write(entry, references.ShownImage(entry), sizes?.Of(entry)),
            cancellation);
    }
}
