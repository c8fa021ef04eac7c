namespace NsCollector.Sample.Netfilter;

/// <summary>Which part of netfilter has counted.</summary>
internal enum NetfilterSource
{
    /// <summary>A rule or a named counter of nf_tables, also a rule of iptables-nft.</summary>
    Nftables,

    /// <summary>An object of nfnetlink_acct.</summary>
    Nfacct,

    /// <summary>A rule of legacy iptables.</summary>
    Iptables,

    /// <summary>A rule of legacy ip6tables.</summary>
    Ip6tables,
}
