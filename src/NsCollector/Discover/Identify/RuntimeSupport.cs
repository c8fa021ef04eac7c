using System.Collections.Immutable;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>What discovery and <c>check</c> know of one runtime, beside its recogniser.</summary>
internal sealed record RuntimeSupport
{
    /// <summary>Whether its containers have their names from the path or from its state.</summary>
    internal NameSource Names { get; init; }

    /// <summary>Creates the resolver of its state files; null if it keeps none.</summary>
    internal Func<ResolverContext, INameResolver>? Resolver { get; init; }

    /// <summary>The configured sockets of its Engine API; null if it has no such API.</summary>
    internal Func<DiscoverOptions, ImmutableArray<string>>? EngineSockets { get; init; }

    /// <summary>
    /// Whether a connection to such a socket may start the daemon: podman's socket starts a service, and is only configured
    /// by administrators who want that.
    /// </summary>
    internal bool MayStartDaemon { get; init; }

    /// <summary>The sockets whose existence shows that the runtime is installed.</summary>
    internal Func<HostRoots, IEnumerable<string>> Sockets { get; init; } = _ => [];

    /// <summary>A directory without which <see cref="StateDirectories"/> do not show that the runtime is installed; null: none.</summary>
    internal Func<HostRoots, string>? Marker { get; init; }

    /// <summary>The key of [discovery] that names the directories of its state; null: none.</summary>
    internal string? DirectoriesKey { get; init; }

    /// <summary>The directories of its state, whether they exist or not.</summary>
    internal Func<HostRoots, DiscoverOptions, IEnumerable<string>> StateDirectories { get; init; } = (_, _) => [];
}
