namespace NsCollector.Sample.HostMetrics;

/// <summary>What is read of the host. Immutable; validated by Host.</summary>
internal sealed record HostOptions
{
    /// <summary>Whether the host is read at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How often; up to the agent's interval: in every cycle.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Maximum disks reported; more are counted and left out.</summary>
    public int MaxDisks { get; init; } = 1024;

    /// <summary>Maximum interfaces of the host that are looked at, its ends of veth pairs included; more are counted and left out.</summary>
    public int MaxInterfaces { get; init; } = 65_536;
}
