using System.Collections.Immutable;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Images;

/// <summary>The images that are known: those with a name in Docker's own store, and those of all containers. Immutable.</summary>
internal sealed class ImageList
{
    // Steps of one build that are followed; an image has at most 128 layers.
    private const int MaxDepth = 256;

    /// <summary>The names of the images in Docker's store.</summary>
    internal ImageReferences References { get; }

    // How many images have a layer, by its chain id.
    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);

    /// <param name="entries">All containers.</param>
    /// <param name="store">Docker's images.</param>
    internal ImageList(IEnumerable<InventoryEntry> entries, ImageStore store)
    {
        References = store.References();
        ILookup<string, string> references = References.ByImage;
        var containers = new OrderedDictionary<string, List<ContainerDetails>>(StringComparer.Ordinal);
        foreach (IGrouping<string, string> image in references) containers.TryAdd(image.Key, []);
        foreach (InventoryEntry entry in entries)
        {
            // An image without an id is told apart by its name.
            if ((entry.Details.ImageId ?? entry.Details.Image) is not { Length: > 0 } key) continue;
            if (!containers.TryGetValue(key, out List<ContainerDetails>? own)) containers.Add(key, own = []);
            own.Add(entry.Details);
        }

        IReadOnlyDictionary<string, StoredImage> stored = store.Find(containers.Keys);
        HashSet<string> parents = Parents(stored.Values, store);
        Images =
        [
            .. containers.Select(one => Of(one.Key, one.Value, [.. references[one.Key]], stored.GetValueOrDefault(one.Key)))
                .Select(image => image with { IsIntermediate = image.Tags.IsEmpty && image.Digests.IsEmpty && parents.Contains(image.Id) })
                .OrderByDescending(image => image.CreatedNs ?? 0),
        ];
        if (Images.Any(image => image.Layers.IsDefault)) return;
        foreach ((string chainId, _) in Images.SelectMany(image => image.Layers)) _uses[chainId] = _uses.GetValueOrDefault(chainId) + 1;
        LayersBytes = Sum(Images.SelectMany(image => image.Layers).DistinctBy(layer => layer.ChainId, StringComparer.Ordinal));
    }

    /// <summary>The images, newest first; those of which the creation is not known last.</summary>
    internal ImmutableArray<ImageSummary> Images { get; }

    /// <summary>The size of all layers in bytes, each once; null if one is not known.</summary>
    internal long? LayersBytes { get; }

    /// <summary>The size of the layers of an image that other images have too, in bytes; null if it is not known.</summary>
    internal long? SharedBytes(ImageSummary image) => LayersBytes is null ? null : Sum(image.Layers.Where(layer => _uses[layer.ChainId] > 1));

    // Each file of a layer may have any size in it, and the user of a rootless daemon can write them.
    private static long Sum(IEnumerable<(string ChainId, long Bytes)> layers) =>
        layers.Aggregate(0L, (sum, layer) => layer.Bytes > long.MaxValue - sum ? long.MaxValue : sum + layer.Bytes);

    // A step of a build is an image too.
    private static HashSet<string> Parents(IEnumerable<StoredImage> images, ImageStore store)
    {
        var parents = new HashSet<string>(StringComparer.Ordinal);
        string[] next = [.. images.Select(image => image.ParentId).Where(parent => parent.Length > 0 && parents.Add(parent))];
        for (int depth = 0; depth < MaxDepth && next.Length > 0; depth++)
            next = [.. store.Find(next).Values.Select(image => image.ParentId).Where(parent => parent.Length > 0 && parents.Add(parent))];
        return parents;
    }

    private static ImageSummary Of(string key, List<ContainerDetails> containers, string[] references, StoredImage? stored)
    {
        bool hasId = stored is not null || key.StartsWith("sha256:", StringComparison.Ordinal);

        // Without Docker's own store, the names that the containers were created with.
        string[] names = references.Length > 0 || stored is not null ? references
            : [.. containers.Select(one => one.Image).OfType<string>().Where(name => !name.StartsWith("sha256:", StringComparison.Ordinal)).Select(ImageReferences.Normalize).Distinct(StringComparer.Ordinal)];
        return new ImageSummary(hasId ? key : "")
        {
            Tags = [.. names.Where(name => !IsDigest(name)).Order(StringComparer.Ordinal)],
            Digests = [.. names.Where(IsDigest).Order(StringComparer.Ordinal)],
            Containers = containers.Count,
            CreatedNs = stored?.CreatedNs,
            Labels = stored?.Labels ?? default,
            ParentId = stored?.ParentId ?? "",
            Layers = stored?.Layers ?? default,
        };
    }

    private static bool IsDigest(string name) => name.Contains('@', StringComparison.Ordinal);
}
