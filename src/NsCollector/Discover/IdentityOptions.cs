using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>
/// Which labels become tags, and how many values labels and images may have. Each new value creates new series in the
/// databases, which stay there when the container is long gone.
/// </summary>
internal sealed record IdentityOptions
{
    /// <summary>Globs of the keys of labels that become tags; empty means none.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>Names of environment variables that become tags; empty means none.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Whether Compose's project and service, Swarm's service and the owner of a pod become tags.</summary>
    public bool OrchestratorTags { get; init; } = true;

    /// <summary>Maximum number of values of each of those tags during the agent's life. Further values are counted and left out.</summary>
    public int MaxOrchestratorValues { get; init; } = 1_000;

    /// <summary>Maximum number of label keys during the agent's life. Labels with further keys are counted and left out.</summary>
    public int MaxLabelKeys { get; init; } = 64;

    /// <summary>Maximum number of values of a label during the agent's life. Further values are counted and left out.</summary>
    public int MaxLabelValues { get; init; } = 1_000;

    /// <summary>Maximum number of images during the agent's life. Further images are counted and have no tag.</summary>
    public int MaxImageValues { get; init; } = 10_000;
}
