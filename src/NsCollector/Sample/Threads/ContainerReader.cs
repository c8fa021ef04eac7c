using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.Threads;

/// <summary>
/// Reads groups of containers on one thread, with buffers and visits of its own. It changes only the containers of its group;
/// what follows from a reading for others (owners of namespaces, final counters, totals) is left to the sampling thread.
/// </summary>
/// <param name="containers">The list in force, which does not change meanwhile.</param>
/// <param name="cgroups">Reads cgroup files; for this reader alone.</param>
/// <param name="visitor">Visits namespaces; for this reader alone.</param>
/// <param name="namespaces">Which container owns each namespace.</param>
/// <param name="protocols">How often protocol counters are read.</param>
/// <param name="clock">Says when processes started.</param>
internal sealed class ContainerReader(
    SampledContainers containers, ContainerCgroupReader cgroups, NetworkVisitor visitor, NetworkNamespaces namespaces, Pace protocols, BootClock clock)
{
    /// <summary>How many descriptors of namespaces are open: 0 between two groups.</summary>
    internal int NamespaceDescriptors => visitor.NamespaceDescriptors;

    /// <summary>Reads the containers of a group and the namespaces that they own.</summary>
    internal void Read(ContainerGroup group)
    {
        ReadOnlySpan<int> indexes = group.Indexes;
        for (int i = 0; i < indexes.Length; i++)
        {
            SampledContainer container = containers[indexes[i]];
            group.Results[i] = container.HasVanished ? CgroupReadResult.Complete : Read(container);
            if (!container.HasVanished && namespaces.OwnerOf(indexes[i]) == indexes[i]) AddTarget(group, indexes[i], container);
        }

        cgroups.AddCounts();
        if (group.TargetCount > 0) visitor.Visit(group.Targets, group.TargetCount);
    }

    /// <summary>Closes what this reader alone has.</summary>
    internal void Close()
    {
        cgroups.Dispose();
        visitor.Dispose();
    }

    private CgroupReadResult Read(SampledContainer container)
    {
        ContainerSample sample = container.Sample;
        sample.Clear();
        sample.TimestampNs = SystemClock.RealtimeNs();
        CgroupReadResult result = cgroups.Read(container.Cgroup, sample, SystemClock.MonotonicNs());
        if (result == CgroupReadResult.Vanished)
        {
            container.HasVanished = true;
            return result;
        }

        if (container.Container.State is { Health: not HealthStatus.None and var health }) sample.Scalars.Set(Reading.InfoHealthStatus, (long)health);
        if (container.Container.Init is { } init)
        {
            sample.Scalars.Set(Reading.InfoPid, init.Pid);
            if (init.StartedBoottimeNs > 0)
            {
                sample.Scalars.Set(Reading.InfoStartedAtNs, clock.EpochNsOf(init.StartedBoottimeNs));
                long uptimeNs = clock.NowNs() - init.StartedBoottimeNs;
                if (uptimeNs >= 0) sample.Scalars.Set(Reading.InfoUptimeNs, uptimeNs);
            }
        }

        // Without an init process the state stays unknown: the process may be invisible from here.
        if (sample.State == ContainerState.Unknown && container.Container.Init is not null) sample.State = ContainerState.Running;
        return result;
    }

    private void AddTarget(ContainerGroup group, int index, SampledContainer container)
    {
        NetworkTarget target = group.Targets[group.TargetCount++];
        target.ContainerIndex = index;
        target.Init = container.Container.Init;
        target.Sample = container.Sample;
        target.Connections = container.Connections;
        target.Flows = container.Flows;
        target.Qdiscs = container.Qdiscs;
        target.SkipsProtocols = !protocols.IsDue(container.Container.Key, ref container.NextProtocolsNs, SystemClock.MonotonicNs());
    }
}
