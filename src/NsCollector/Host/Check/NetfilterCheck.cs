using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Host.Check;

/// <summary>Whether the counters of netfilter can be read.</summary>
internal static class NetfilterCheck
{
    internal static IEnumerable<Finding> Findings(CapabilitySet? capabilities, HostRoots roots, SampleOptions options, bool canVisit)
    {
        NetfilterMode mode = options.Netfilter.Mode;
        if (mode == NetfilterMode.Off) yield break;
        if (capabilities is { } set && !set.Has(CapabilitySet.NetAdmin))
        {
            yield return Finding.Warn("netfilter: CAP_NET_ADMIN is missing, so no counters of netfilter are reported; grant it with the drop-in of docs/operations.md, or set [network] netfilter = off");
            yield break;
        }

        NetfilterParts parts = NetfilterParts.Find(roots);
        if (parts.IsNone)
        {
            yield return Finding.Ok("netfilter: neither nf_tables nor nfnetlink_acct nor ip_tables is loaded, so there is nothing to read; the agent loads no module and looks again once a minute");
            yield break;
        }

        string found = string.Join(", ", new[] { parts.Nftables ? "nf_tables" : null, parts.Nfacct ? "nfnetlink_acct" : null, parts.Xtables ? "ip_tables" : null }.OfType<string>());
        yield return Finding.Ok($"netfilter: counters are read from {found}");
        if (mode == NetfilterMode.On && (!canVisit || options.Network is NetworkMode.Proc or NetworkMode.Off))
            yield return Finding.Warn("netfilter: container_netfilter is missing, because that needs a visit of the namespaces ([network] mode)");
    }
}
