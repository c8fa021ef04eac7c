using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>An image of Docker's own store. Immutable.</summary>
internal sealed record StoredImage
{
    /// <summary>When it was created, in nanoseconds since the epoch; 0 if that is not known.</summary>
    internal long CreatedNs { get; init; }

    /// <summary>Its labels; default if it has none.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Labels { get; init; }

    /// <summary>Its layers, the lowest first: the chain id and the size in bytes; default if one of the sizes is not known.</summary>
    internal ImmutableArray<(string ChainId, long Bytes)> Layers { get; init; }

    /// <summary>The image that it was built from on this host; empty if none.</summary>
    internal string ParentId { get; init; } = "";

    /// <summary>The size of all layers in bytes; null if it is not known.</summary>
    internal long? SizeBytes => Layers.IsDefault ? null : Layers.Sum(layer => layer.Bytes);
}
