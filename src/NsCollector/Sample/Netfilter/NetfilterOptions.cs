namespace NsCollector.Sample.Netfilter;

/// <summary>The options of netfilter and container_netfilter.</summary>
internal sealed record NetfilterOptions
{
    /// <summary>Where counters are read.</summary>
    public NetfilterMode Mode { get; init; }

    /// <summary>How often they are read in each namespace; up to the sampling interval: in every cycle.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum points for one namespace; with more, those after the first ones are left out and counted.</summary>
    public int MaxRules { get; init; } = 1000;
}
