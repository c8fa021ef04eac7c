using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>What the runtimes' state files say of the host's containers, running or not. Immutable; a new object for each reading of the files.</summary>
/// <param name="rows">How many containers there are of each runtime in each state; a runtime whose files were not read has no row.</param>
/// <param name="complete">The runtimes whose files have the running ones too.</param>
/// <param name="counted">The ids of the containers of these runtimes.</param>
/// <param name="excluded">By <see cref="ContainerRuntime"/>: the running containers that the filters leave out.</param>
internal sealed class ContainerCensus(
    ImmutableArray<CensusRow> rows, ImmutableArray<ContainerRuntime> complete, IReadOnlySet<string> counted, ImmutableArray<int> excluded)
{
    /// <summary>The counts, by runtime and state.</summary>
    public ImmutableArray<CensusRow> Rows { get; } = rows;

    /// <summary>Whether the rows of a runtime include a container of it.</summary>
    public bool Includes(ContainerRuntime runtime, string id) => complete.Contains(runtime) && counted.Contains(id);

    /// <summary>How many running containers of a runtime are in no row and in no list, because the filters leave them out.</summary>
    public int ExcludedOf(ContainerRuntime runtime) => complete.Contains(runtime) ? 0 : excluded[(int)runtime];
}
