namespace NsCollector.Sample.Flows;

/// <summary>The options of container_flow. Immutable; validated by Host.</summary>
internal sealed record FlowOptions
{
    /// <summary>Whether container_flow is reported.</summary>
    public bool Enabled { get; init; }

    /// <summary>The time that a point sums up; up to the sampling interval: from one cycle to the next.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Maximum remotes of a container with a point of their own; the rest is summed up as <c>other</c>.</summary>
    public int Top { get; init; } = 10;

    /// <summary>The length of the networks into which remote IPv4 addresses are summed up, in bits; 32: none.</summary>
    public int PrefixIpv4 { get; init; } = 32;

    /// <summary>The length of the networks into which remote IPv6 addresses are summed up, in bits; 128: none.</summary>
    public int PrefixIpv6 { get; init; } = 128;

    /// <summary>Maximum combinations of container, direction, remote and port that are kept apart in an interval; further ones are counted and summed up as <c>other</c>.</summary>
    public int MaxRemotes { get; init; } = 32_768;

    /// <summary>Bytes of messages about closed connections that wait to be read. One takes about 1.3 KB.</summary>
    public long BufferBytes { get; init; } = 8 << 20;
}
