using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>
/// Which labels become tags, and how many values labels and images may take: each new value makes new series in every
/// database that the points reach, and stays there when the container is long gone.
/// </summary>
internal sealed record IdentityOptions
{
    /// <summary>Globs of the keys of labels that become tags; empty means none.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The most distinct keys of labels over the agent's life; labels under further ones are counted and left out.</summary>
    public int MaxLabelKeys { get; init; } = 64;

    /// <summary>The most distinct values of a label over the agent's life; further ones are counted and left out.</summary>
    public int MaxLabelValues { get; init; } = 1_000;

    /// <summary>The most distinct images over the agent's life; further ones are counted and make no tag.</summary>
    public int MaxImageValues { get; init; } = 10_000;
}
