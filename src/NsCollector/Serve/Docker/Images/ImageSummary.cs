using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Images;

/// <summary>What is known of one image: from Docker's own store, or only from its containers.</summary>
/// <param name="Id">Its id; empty if only its name is known.</param>
internal sealed record ImageSummary(string Id)
{
    /// <summary>Its names with tags.</summary>
    internal ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Its names with digests.</summary>
    internal ImmutableArray<string> Digests { get; init; } = [];

    /// <summary>Whether it has no name, and another image was built from it on this host.</summary>
    internal bool IsIntermediate { get; init; }

    /// <summary>Number of containers, running or not, that were created from it.</summary>
    internal int Containers { get; init; }

    /// <summary>When it was created, in nanoseconds since the epoch; null if that is not known.</summary>
    internal long? CreatedNs { get; init; }

    /// <summary>Its labels; default if they are not known.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Labels { get; init; }

    /// <summary>The image that it was built from on this host; empty if none.</summary>
    internal string ParentId { get; init; } = "";

    /// <summary>Its layers: the chain id and the size in bytes; default if they are not known.</summary>
    internal ImmutableArray<(string ChainId, long Bytes)> Layers { get; init; }

    /// <summary>The size of all layers in bytes; null if it is not known.</summary>
    internal long? SizeBytes => Layers.IsDefault ? null : Layers.Sum(layer => layer.Bytes);
}
