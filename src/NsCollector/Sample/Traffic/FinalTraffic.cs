using NsCollector.Discover.Watch;

namespace NsCollector.Sample.Traffic;

/// <summary>What is known of the network traffic of a container that has exited. More may be reported for some milliseconds.</summary>
/// <param name="Namespace">Of the namespace that the container owned.</param>
/// <param name="NamespaceInode">Its inode number.</param>
/// <param name="Read">What was read at the exit; null if nothing was.</param>
/// <param name="Links">What was to be read.</param>
/// <param name="IsSilent">Whether no process was left in the namespace when that was read.</param>
internal sealed record FinalTraffic(NamespaceTraffic Namespace, ulong NamespaceInode, FinalNetwork? Read, FinalLinks Links, bool IsSilent)
{
    /// <summary>The totals as known now.</summary>
    /// <param name="hearsInside">Whether removals inside namespaces are reported.</param>
    internal NetworkTotals Totals(bool hearsInside) => Namespace.Finish(Read, Links, hearsInside);

    /// <summary>Whether totals are everything that was ever counted.</summary>
    internal bool IsFinal(NetworkTotals totals) => totals.IsWhole && (totals.IsOver || IsSilent);
}
