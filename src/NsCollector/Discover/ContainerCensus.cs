using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>The host's containers by the runtimes' state files, running or not. Immutable; each read of the files creates a new object.</summary>
/// <param name="rows">The number of containers by runtime and state. A runtime has no row if its files were not read.</param>
/// <param name="complete">The runtimes with files that also contain the running containers.</param>
/// <param name="counted">The ids of the containers of these runtimes.</param>
/// <param name="excluded">The number of running containers that the filters exclude, by <see cref="ContainerRuntime"/>.</param>
internal sealed class ContainerCensus(
    ImmutableArray<CensusRow> rows, ImmutableArray<ContainerRuntime> complete, IReadOnlySet<string> counted, ImmutableArray<int> excluded)
{
    /// <summary>The counts, by runtime and state.</summary>
    public ImmutableArray<CensusRow> Rows { get; } = rows;

    /// <summary>Whether the rows of a runtime include one of its containers.</summary>
    public bool Includes(ContainerRuntime runtime, string id) => complete.Contains(runtime) && counted.Contains(id);

    /// <summary>Number of running containers of a runtime that are in no row and in no list, because the filters exclude them.</summary>
    public int ExcludedOf(ContainerRuntime runtime) => complete.Contains(runtime) ? 0 : excluded[(int)runtime];
}
