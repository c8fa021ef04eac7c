using System.Collections.Immutable;

namespace NsCollector.Discover.Identify.States;

/// <summary>The counts of a census in progress. Reused for each census.</summary>
internal sealed class CensusDraft
{
    private static readonly int States = Enum.GetValues<RunState>().Length;

    private readonly long[] _counts = new long[Enum.GetValues<ContainerRuntime>().Length * States];
    private readonly bool[] _isReported = new bool[Enum.GetValues<ContainerRuntime>().Length * States];
    private readonly List<ContainerRuntime> _complete = [];
    private HashSet<string> _counted = [];

    /// <summary>Begins a new census.</summary>
    internal void Clear()
    {
        Array.Clear(_counts);
        Array.Clear(_isReported);
        _complete.Clear();
        _counted = [];
    }

    /// <summary>Adds containers in a state; 0 means that the state is known and has no containers.</summary>
    internal void Add(ContainerRuntime runtime, RunState state, long containers)
    {
        int index = ((int)runtime * States) + (int)state;
        _counts[index] += containers;
        _isReported[index] = true;
    }

    /// <summary>Records that the files of a runtime also contain its running containers.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="ids">All of its containers that were counted. The set must not change afterwards.</param>
    internal void SetComplete(ContainerRuntime runtime, HashSet<string> ids)
    {
        _complete.Add(runtime);
        _counted = ids;
    }

    /// <summary>Creates the census.</summary>
    /// <param name="excluded">The number of running containers that the filters exclude, by runtime.</param>
    internal ContainerCensus ToCensus(int[] excluded)
    {
        var rows = ImmutableArray.CreateBuilder<CensusRow>();
        for (int i = 0; i < _counts.Length; i++)
        {
            if (_isReported[i]) rows.Add(new CensusRow((ContainerRuntime)(i / States), (RunState)(i % States), _counts[i]));
        }

        return new ContainerCensus(rows.ToImmutable(), [.. _complete], _counted, [.. excluded]);
    }
}
