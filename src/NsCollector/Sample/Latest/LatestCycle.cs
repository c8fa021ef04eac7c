using System.Collections.Immutable;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Latest;

/// <summary>The samples of one complete cycle.</summary>
/// <param name="Containers">
/// The cgroups that contain containers, then the containers in the order of their list. Some may not have been read in this cycle.
/// </param>
/// <param name="Host">The host as it was last read.</param>
/// <param name="Agent">The agent's readings of itself; null before the first cycle.</param>
/// <param name="Slot">The slot of a <see cref="LatestContainer"/> that has its sample.</param>
/// <param name="Cycle">The cycle's number; 0 before the first one.</param>
internal readonly record struct LatestCycle(ImmutableArray<LatestContainer> Containers, HostSample Host, AgentSnapshot? Agent, int Slot, long Cycle)
{
    /// <summary>The value before the first cycle.</summary>
    internal static LatestCycle None { get; } = new([], new HostSample(), null, 0, 0);

    /// <summary>The containers that have exited recently.</summary>
    internal ImmutableArray<KeptExit> Exits { get; init; } = [];

    /// <summary>What Docker's API shows beside the sample; null if there is none.</summary>
    internal DockerReadings? DockerOf(LatestContainer container) => container.HasExited ? null : container.DockerOf(Slot, Cycle);

    /// <summary>The container with this <see cref="Discover.Container.Key"/>; null if it is not listed.</summary>
    internal LatestContainer? Find(long key)
    {
        foreach (LatestContainer container in Containers)
        {
            if (container.Container.Key == key && !container.Container.IsParent) return container;
        }

        return null;
    }

    /// <summary>The sample of a container that has not exited; null if there is none.</summary>
    internal ContainerSample? SampleOf(LatestContainer container) => container.HasExited ? null : container.Of(Slot, Cycle);
}
