using NsCollector.Discover;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Events;
using NsCollector.Sample.Net;
using NsCollector.Sample.Threads;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// Passes what the readings of a group show to other parts of sampling: containers that vanished, the owners of network namespaces,
/// and where final counters will be found. For the sampling thread.
/// </summary>
internal sealed class GroupResults(
    SampledContainers containers, NetworkNamespaces namespaces, FinalCounterSearch finalCounters, IContainerSource source, AgentCounters counters)
{
    /// <summary>Processes the results of a group that was read.</summary>
    /// <returns>How many network namespaces were read.</returns>
    internal int Apply(ContainerGroup group)
    {
        for (int i = 0; i < group.Count; i++)
        {
            containers.EndBirth(containers[group.Indexes[i]]);
            if (group.Results[i] != CgroupReadResult.Vanished) continue;

            // Counted once; discovery removes the container from its list when it sees the same.
            counters.Add(AgentCounter.ContainersVanished);
            source.RequestWalk();
        }

        return ApplyVisits(group.Targets.AsSpan(0, group.TargetCount));
    }

    private int ApplyVisits(ReadOnlySpan<NetworkTarget> targets)
    {
        int read = 0;
        namespaces.Record(targets);
        foreach (NetworkTarget target in targets)
        {
            // What it has read is another container's, or it has left the namespace.
            if (target.Result is NetworkVisitResult.None or NetworkVisitResult.HostNamespace) target.Connections?.Forget();
            if (target.Result == NetworkVisitResult.Read)
            {
                read++;
                finalCounters.OnVisited(containers[target.ContainerIndex], target.NamespaceInode);
            }
            else if (target.Result == NetworkVisitResult.ProcessGone)
            {
                source.RequestWalk();
            }
        }

        return read;
    }
}
