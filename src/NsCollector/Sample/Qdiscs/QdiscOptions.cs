namespace NsCollector.Sample.Qdiscs;

/// <summary>The options of container_qdisc.</summary>
internal sealed record QdiscOptions
{
    /// <summary>Whether it is reported.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the queueing disciplines of a container are read; up to the sampling interval: in every cycle.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum queueing disciplines that are reported for one container, at both ends of its interfaces.</summary>
    public int MaxQdiscs { get; init; } = 256;
}
