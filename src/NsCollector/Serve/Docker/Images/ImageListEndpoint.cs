using System.Collections.Frozen;
using NsCollector.Discover;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Images;

/// <summary><c>/images/json</c>: the images that are known.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="store">Docker's images.</param>
internal sealed class ImageListEndpoint(ContainerInventory inventory, ImageStore store) : IDockerEndpoint
{
    // moby daemon/images, acceptedImageFilterTags; before, since and until need figures that are not known of all images.
    private static readonly FrozenSet<string> Accepted = FrozenSet.Create(StringComparer.Ordinal, "dangling", "label", "reference");

    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        if (!DockerFilters.TryParse(request, out DockerFilters? filters)) return response.Refuse(400, "invalid filter", cancellation);
        if (filters.Unknown(Accepted) is { } unknown) return response.Refuse(DockerRefusal.BadFilter(unknown), cancellation);

        var images = new ImageList(inventory.Current().Entries, store);
        bool isCounted = request.ApiMinorVersion >= FieldVersions.ImageContainers;
        return response.Send(
            json =>
            {
                var writer = new ImageWriter(json, request.ApiMinorVersion);
                json.WriteStartArray();
                foreach (ImageSummary image in images.Images)
                {
                    if (IsIncluded(image, filters) && (!image.IsIntermediate || request.IsSet("all"))) writer.Write(image, isCounted ? image.Containers : -1, request.IsSet("shared-size") ? images.SharedBytes(image) : null);
                }

                json.WriteEndArray();
            },
            cancellation);
    }

    private static bool IsIncluded(ImageSummary image, DockerFilters filters)
    {
        if (filters.Contains("dangling") && filters.IsExactly("dangling", "true") != image.Tags.IsEmpty) return false;
        if (!filters.HasAll("label", image.Labels.IsDefault ? [] : image.Labels)) return false;
        return filters.Accepts("reference", pattern => image.Tags.Any(tag => IsReference(tag, pattern)));
    }

    // A pattern without a tag matches any tag.
    private static bool IsReference(string tag, string pattern)
    {
        var glob = new Glob(pattern);
        return glob.Matches(tag) || glob.Matches(tag.AsSpan(0, tag.LastIndexOf(':')));
    }
}
