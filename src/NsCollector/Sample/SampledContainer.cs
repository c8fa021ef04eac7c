using NsCollector.Discover;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Events;
using NsCollector.Sample.Flows;
using NsCollector.Sample.Net;
using NsCollector.Sample.Netfilter;
using NsCollector.Sample.Peaks;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Sample;

/// <summary>One container of the list in force, with what sampling keeps of it from cycle to cycle. For the sampling thread.</summary>
/// <param name="container">As in the list.</param>
/// <param name="cgroup">Its open files.</param>
internal sealed class SampledContainer(Container container, ContainerCgroup cgroup)
{
    private long _nextProtocolsNs = long.MinValue;

    /// <summary>Replaced when its name or init process changes.</summary>
    internal Container Container { get; set; } = container;

    internal ContainerCgroup Cgroup { get; } = cgroup;

    internal ContainerSample Sample { get; } = new();

    /// <summary>What it has between two samples; null if <see cref="SampleOptions.Peaks"/> is off or it was not sampled yet.</summary>
    internal ContainerPeaks? Peaks { get; set; }

    /// <summary>The state of its start; null if it is not followed, or was reported.</summary>
    internal ContainerStart? Start { get; set; }

    /// <summary>The totals as last sampled.</summary>
    internal SampledTotals Totals { get; } = new();

    /// <summary>Whether it waits for its first reading.</summary>
    internal bool IsNewborn { get; set; }

    internal bool WasSampled { get; set; }

    /// <summary>Whether a reading found its cgroup gone.</summary>
    internal bool HasVanished { get; set; }

    /// <summary>When its protocols are to be read next: see <see cref="Pace"/>.</summary>
    internal ref long NextProtocolsNs => ref _nextProtocolsNs;

    /// <summary>The figures of its sockets; null if <see cref="SampleOptions.Connections"/> is off or it was not read yet.</summary>
    internal ContainerConnections? Connections { get; set; }

    /// <summary>The connections of the network namespace that it owns; null if <see cref="SampleOptions.Flows"/> is off, or it owns none.</summary>
    internal FlowNamespace? Flows { get; set; }
    /// <summary>The netfilter counters of its namespace; null if <see cref="SampleOptions.Netfilter"/> is off for containers or it was not read yet.</summary>
    internal ContainerNetfilter? Netfilter { get; set; }

    /// <summary>When its queueing disciplines are read; null if <see cref="SampleOptions.Qdiscs"/> is off or it was not read yet.</summary>
    internal ContainerQdiscs? Qdiscs { get; set; }

    internal bool HasExited { get; private set; }

    /// <summary>Whether the totals of an exit were read after that exit.</summary>
    internal bool ExitWasRead { get; private set; }

    /// <summary>Where its final network counters are looked for.</summary>
    internal FinalCounterState FinalCounters { get; } = new();

    /// <summary>Another init process runs in the cgroup of one that has exited. Its network may be another one.</summary>
    internal void BeginNextLife()
    {
        HasExited = false;

        // The number of a namespace may be in use again.
        Connections?.Forget();
        Netfilter?.Forget();
        FinalCounters.NamespaceInode = 0;
        FinalCounters.RestartSearches();
    }

    /// <summary>Records an exit.</summary>
    internal void SetExited(bool wasRead)
    {
        HasExited = true;
        ExitWasRead |= wasRead;

        // If it starts again, its cgroup goes on counting, but its network namespace may be another one, with counters from zero.
        Totals.ForgetNetwork();
    }
}
