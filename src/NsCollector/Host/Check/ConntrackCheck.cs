using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.Host.Check;

/// <summary>Whether the statistics of connection tracking can be read: insert_failed, drop and early_drop.</summary>
internal static class ConntrackCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options, CapabilitySet? capabilities, bool canVisit, bool? isFile = null)
    {
        if (!options.Conntrack || options.Network is NetworkMode.Off or NetworkMode.Proc || !canVisit) yield break;
        const string Missing = "conntrack: insert_failed, drop and early_drop are missing, because the kernel has no net/stat/nf_conntrack and ";
        if (isFile ?? ConntrackStatistics.IsFile) yield return Finding.Ok("conntrack: the kernel shows its statistics in net/stat/nf_conntrack");
        else if (!ConntrackStatistics.HasModule(roots)) yield return Finding.Warn(Missing + "its module nf_conntrack_netlink is neither loaded nor known to be built in, and the agent loads none; run modprobe nf_conntrack_netlink");
        else if (capabilities?.Has(CapabilitySet.NetAdmin) != true) yield return Finding.Warn(Missing + "CAP_NET_ADMIN is missing, which ctnetlink needs; see docs/operations.md for the drop-in of the service that grants it");
        else yield return Finding.Ok("conntrack: the kernel tells its statistics by ctnetlink");
    }
}
