using System.Collections.Immutable;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// Tells where the final network counters of a container can be read after its processes have exited: in the namespace
/// itself, if the runtime keeps it by a bind mount; else from the host's veth peers, which exist a little longer than the
/// container.
/// </summary>
/// <remarks>For the sampling thread. Called when a container is new or its interfaces have changed, never each cycle.</remarks>
/// <param name="options">The directories, and the bounds.</param>
/// <param name="roots">Where the host's run directory is.</param>
/// <param name="counters">Counts NamespaceFilesOverLimit, PeersOverLimit.</param>
internal sealed class FinalCounterLocator(SampleOptions options, HostRoots roots, AgentCounters counters)
{
    private readonly NamespaceMounts _mounts = new(options.NamespaceRoots, options.MaxNamespaceFiles, roots, counters);

    /// <summary>Checks whether runtimes have mounted other namespaces; costs one system call a directory if not.</summary>
    /// <returns>Whether <see cref="PathOf"/> may return another path.</returns>
    internal bool Refresh(long nowNs) => _mounts.Refresh(nowNs);

    /// <summary>The file at which the runtime has mounted a namespace; null if it has not.</summary>
    internal string? PathOf(ulong inode) => _mounts.PathOf(inode);

    /// <summary>Where the final counters of a namespace can be read; null: nowhere.</summary>
    /// <param name="inode">Its inode number.</param>
    /// <param name="links">Its interfaces.</param>
    internal FinalCounterSource? Locate(ulong inode, NamespaceLinks links)
    {
        ImmutableArray<FinalLink> leadOut =
            [.. links.Links.Where(link => link.LeadsOut).Take(options.MaxPeers).Select(link => new FinalLink(link.Name, link.Peer, link.PeerName))];
        if (links.Links.Count(link => link.LeadsOut) > leadOut.Length) counters.Add(AgentCounter.PeersOverLimit);
        string? path = _mounts.PathOf(inode);
        return path is not null || leadOut.Any(link => link.Peer > 0) ? new FinalCounterSource(inode, path, leadOut) : null;
    }
}
