namespace NsCollector.Sample.Netfilter;

/// <summary>In which network namespaces the counters of netfilter are read.</summary>
internal enum NetfilterMode
{
    /// <summary>In none.</summary>
    Off,

    /// <summary>In the host's.</summary>
    Host,

    /// <summary>In the host's and the containers'.</summary>
    On,
}
