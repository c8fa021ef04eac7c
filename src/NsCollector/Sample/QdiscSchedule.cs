using NsCollector.Linux;
using NsCollector.Sample.Net;
using NsCollector.Sample.Qdiscs;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// Decides whose queueing disciplines are read in this cycle, each container at its pace, and adds those of the host's ends: these are
/// read once for all containers of a cycle that are due.
/// </summary>
/// <remarks>For the sampling thread. A steady cycle allocates nothing.</remarks>
internal sealed class QdiscSchedule
{
    // With very many veths and births, the host's ends take at most a twentieth of the time.
    private const long RestFactor = 20;

    private readonly SampledContainers _containers;
    private readonly NetworkNamespaces _namespaces;
    private readonly Pace _pace;
    private readonly HostQdiscs _host;
    private long _hostNotBeforeNs = long.MinValue;

    private QdiscSchedule(SampledContainers containers, NetworkNamespaces namespaces, SampleOptions options, AgentCounters counters)
    {
        _containers = containers;
        _namespaces = namespaces;
        _pace = new Pace(options.Qdiscs.Interval, options.Interval);
        _host = new HostQdiscs(options.Qdiscs, counters);
    }

    /// <summary>Null if nothing is to be read, or namespaces cannot be entered.</summary>
    internal static QdiscSchedule? Create(SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, SampleOptions options, AgentCounters counters) =>
        options.Qdiscs.Enabled && visitor.Mode == NetworkMode.Visit ? new QdiscSchedule(containers, namespaces, options, counters) : null;

    /// <summary>Sets whether those of the selected containers are read.</summary>
    /// <param name="indexes">Where they are in the list in force.</param>
    internal void Select(ReadOnlySpan<int> indexes)
    {
        bool anyDue = false;
        long nowNs = SystemClock.MonotonicNs();
        foreach (int index in indexes)
        {
            SampledContainer container = _containers[index];
            ContainerQdiscs qdiscs = container.Qdiscs ??= new ContainerQdiscs();
            qdiscs.IsDue = _namespaces.OwnerOf(index) == index && _pace.IsDue(container.Container.Key, ref qdiscs.NextNs, nowNs);
            anyDue |= qdiscs.IsDue;
        }

        if (!anyDue || nowNs < _hostNotBeforeNs) return;
        _host.Read();
        long readNs = SystemClock.MonotonicNs();
        _hostNotBeforeNs = readNs + (RestFactor * (readNs - nowNs));
    }

    /// <summary>Adds the host's ends to a sample.</summary>
    internal void Complete(SampledContainer container)
    {
        if (!container.Sample.QdiscsPublished || container.Qdiscs is not { } qdiscs || container.FinalCounters.Traffic is not { } traffic) return;
        foreach ((int index, byte[] name) in qdiscs.Interfaces)
        {
            if (traffic.PeerOf(index) is > 0 and int peer) _host.AddTo(peer, name, container.Sample);
        }
    }
}
