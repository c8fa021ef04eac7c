using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Sample.Qdiscs;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>What is read of a network namespace by netlink after its visit: the thread enters it again, only if something is due.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class NamespaceDumps
{
    private readonly SampleOptions _options;
    private readonly HostRoots _roots;
    private readonly AgentCounters _counters;
    private readonly ConntrackStatistics? _conntrack;
    private readonly NamespaceQdiscs? _qdiscs;

    private NamespaceDumps(SampleOptions options, HostRoots roots, AgentCounters counters)
    {
        _options = options;
        _roots = roots;
        _counters = counters;
        if (options.Conntrack) _conntrack = new ConntrackStatistics(roots, counters);
        if (options.Qdiscs.Enabled) _qdiscs = new NamespaceQdiscs(options.Qdiscs, options.MaxInterfaces, counters);
    }

    /// <summary>Null if nothing is to be read, or namespaces cannot be entered.</summary>
    internal static NamespaceDumps? Create(SampleOptions options, NetworkMode mode, HostRoots roots, AgentCounters counters) =>
        mode == NetworkMode.Visit && (options.Conntrack || options.Qdiscs.Enabled) ? new NamespaceDumps(options, roots, counters) : null;

    /// <summary>The same for one more thread.</summary>
    internal NamespaceDumps ForAnotherThread() => new(_options, _roots, _counters);

    /// <summary>Reads what is due of a namespace that was visited.</summary>
    internal void Read(NetworkTarget target)
    {
        if (target.Sample is not { } sample || target.Init is not { } init) return;

        // Without nf_conntrack there is neither a count nor anything that answers.
        if (_conntrack is not null && sample.Protocols.Has(Reading.ConntrackCount)) _conntrack.ReadInside(init.Descriptor, target.NamespaceInode, sample.Protocols);
        if (_qdiscs is not null && target.Qdiscs is { IsDue: true } qdiscs) _qdiscs.Read(init.Descriptor, target.NamespaceInode, qdiscs, sample);
    }
}
