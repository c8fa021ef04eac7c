using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.Threads;

/// <summary>
/// Containers that one thread reads together: their cgroup files, then their network namespaces in one native call. Reused.
/// </summary>
/// <remarks>One thread at a time uses it: first the one that reads, then the sampling thread, which hands the samples over.</remarks>
internal sealed class ContainerGroup
{
    /// <summary>Large enough that many namespaces share one native call, small enough that their texts stay in the cache.</summary>
    internal const int Size = 32;

    private readonly int[] _indexes = new int[Size];
    private readonly CgroupReadResult[] _results = new CgroupReadResult[Size];

    internal ContainerGroup()
    {
        for (int i = 0; i < Size; i++) Targets[i] = new NetworkTarget();
    }

    /// <summary>Where the group's containers are in the list in force, ascending.</summary>
    internal ReadOnlySpan<int> Indexes => _indexes.AsSpan(0, Count);

    /// <summary>How many containers there are.</summary>
    internal int Count { get; private set; }

    /// <summary>What became of each container's cgroup reading; <see cref="CgroupReadResult.Vanished"/> only once.</summary>
    internal Span<CgroupReadResult> Results => _results.AsSpan(0, Count);

    /// <summary>The namespaces that the group's containers own: the first <see cref="TargetCount"/>.</summary>
    internal NetworkTarget[] Targets { get; } = new NetworkTarget[Size];

    /// <summary>How many namespaces are visited.</summary>
    internal int TargetCount { get; set; }

    /// <summary>Which containers to read.</summary>
    internal void Set(ReadOnlySpan<int> indexes)
    {
        indexes.CopyTo(_indexes);
        Count = indexes.Length;
        TargetCount = 0;
    }
}
