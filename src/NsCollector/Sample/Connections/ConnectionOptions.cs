namespace NsCollector.Sample.Connections;

/// <summary>The options of container_connections.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>Which sockets are counted.</summary>
    public ConnectionsMode Mode { get; init; } = ConnectionsMode.Listeners;

    /// <summary>How often a container's sockets are counted; up to the sampling interval: in every cycle.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum CPU time of full dumps, in percent of one core; those of listeners are not part of it.</summary>
    public double CpuPercent { get; init; } = 1;

    /// <summary>Maximum sockets that are counted in one namespace.</summary>
    public int MaxSockets { get; init; } = 20_000;
}
