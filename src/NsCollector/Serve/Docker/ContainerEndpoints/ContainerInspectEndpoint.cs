using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Networks;

namespace NsCollector.Serve.Docker.ContainerEndpoints;

/// <summary><c>/containers/REFERENCE/json</c>: everything that is known of one container.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="images">Docker's images.</param>
/// <param name="samples">The samples of the last cycle, for sizes and limits.</param>
/// <param name="networks">Adds networks that no file has.</param>
/// <param name="options">Whether the environment is shown.</param>
internal sealed class ContainerInspectEndpoint(
    ContainerInventory inventory, ImageStore images, LatestSamples samples, LiveNetworks networks, DockerApiOptions options) : IDockerEndpoint
{
    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        InventoryList list = inventory.Current();
        DockerContainerMatch match = list.Find(request.Reference);
        if (DockerRefusal.Of(match, request.Reference) is { } refusal) return response.Refuse(refusal, cancellation);
        InventoryEntry entry = networks.Complete(list, [list.Of(match.Container!.Id)!])[0];
        ContainerSizes? sizes = request.IsSet("size") ? new SizeTable(samples, images, [entry]).Of(entry) : null;
        var inspect = new InspectRequest(entry, request.ApiMinorVersion, options.Environment, sizes, LinkNames.LinksOf(entry, list));
        return response.Send(
            json =>
            {
                json.WriteStartObject();
                if (entry.Source?.WriteInspect(json, inspect) != true) new ContainerInspect(inspect, SampledLimits.Of(samples, entry.Container.Live)).Write(json);
                json.WriteEndObject();
            },
            cancellation);
    }
}
