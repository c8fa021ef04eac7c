using NsCollector.Discover;

namespace NsCollector.Serve.Docker;

/// <summary>One container of any runtime as Docker's API shows it. Immutable.</summary>
/// <param name="Id">
/// 64 lower-case hexadecimal digits: its own id, or, if its runtime does not use such ids, a stable hash of its runtime and cgroup path.
/// </param>
/// <param name="Name">Its name without the leading slash; never empty.</param>
/// <param name="State">Its state.</param>
/// <param name="Live">The container as discovery sees it; null if it has no process.</param>
internal sealed record DockerContainer(string Id, string Name, RunState State, Container? Live)
{
    /// <summary>Whether the state files of its runtime list it, so that its creation and removal can be seen.</summary>
    internal bool HasState { get; init; }

    /// <summary>The name of its image; null if it is not known.</summary>
    internal string? Image { get; init; }

    /// <summary>When it was created, in nanoseconds since the epoch; 0 if that is not known.</summary>
    internal long CreatedNs { get; init; }
}
