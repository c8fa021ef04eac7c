using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>Globs that select containers. A container is sampled if it matches an include (or there is none) and no exclude.</summary>
internal sealed record FilterOptions
{
    /// <summary><c>RUNTIME/NAME</c> globs; empty means all.</summary>
    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary><c>RUNTIME/NAME</c> globs; they win over <see cref="Include"/>.</summary>
    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>Image globs; empty means all.</summary>
    public ImmutableArray<string> IncludeImage { get; init; } = [];

    /// <summary>Image globs; they win over <see cref="IncludeImage"/>.</summary>
    public ImmutableArray<string> ExcludeImage { get; init; } = [];
}
