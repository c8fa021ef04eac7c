using NsCollector.Linux;

namespace NsCollector.Sample.Netfilter;

/// <summary>
/// Which parts of netfilter the kernel has now. A request to a part that it does not have would make it load a module: netlink for
/// nfnetlink (netlink_create, net/netlink/af_netlink.c), nfnetlink for its subsystems (nfnetlink_rcv_msg, net/netfilter/nfnetlink.c),
/// getsockopt(2) for a table of iptables (xt_request_find_table_lock, net/netfilter/x_tables.c).
/// </summary>
/// <param name="Nftables">nf_tables.</param>
/// <param name="Nfacct">nfnetlink_acct.</param>
/// <param name="Xtables">ip_tables or ip6_tables, whose tables procfs lists.</param>
internal readonly record struct NetfilterParts(bool Nftables, bool Nfacct, bool Xtables)
{
    /// <summary>Whether there is none.</summary>
    internal bool IsNone => !Nftables && !Nfacct && !Xtables;

    /// <summary>Looks at procfs and sysfs, also for what is built in, which reads the configuration of the kernel.</summary>
    /// <remarks>A kernel that cannot load modules may be asked for a part that it does not have.</remarks>
    internal static NetfilterParts Find(HostRoots roots)
    {
        bool mayAsk = KernelModules.CanLoad(roots) == false;
        return new NetfilterParts(Has("nf_tables", "CONFIG_NF_TABLES"), Has("nfnetlink_acct", "CONFIG_NETFILTER_NETLINK_ACCT"), HasXtables(roots));

        bool Has(string module, string option) => mayAsk || KernelModules.IsLoaded(roots, module) || KernelModules.IsBuiltIn(roots, module, option);
    }

    /// <summary>Adds the parts whose modules were loaded since. Both need nfnetlink, which is then loaded too.</summary>
    internal NetfilterParts AddLoaded(HostRoots roots) => new(
        Nftables || KernelModules.IsLoaded(roots, "nf_tables"), Nfacct || KernelModules.IsLoaded(roots, "nfnetlink_acct"), HasXtables(roots));

    private static bool HasXtables(HostRoots roots) => File.Exists($"{roots.Proc}/1/net/ip_tables_names") || File.Exists($"{roots.Proc}/1/net/ip6_tables_names");
}
