namespace NsCollector.Discover;

/// <summary>What a runtime says of a container beside its names. Immutable.</summary>
/// <param name="RestartCount">How often the runtime had restarted it before this life; null if it does not say.</param>
/// <param name="Health">The result of its health checks.</param>
/// <param name="HealthyAtNs">When its first check of this life succeeded, in nanoseconds since the epoch; 0 if that is not known.</param>
internal sealed record RuntimeState(int? RestartCount, HealthStatus Health = HealthStatus.None, long HealthyAtNs = 0)
{
    /// <summary>
    /// Until when <see cref="Health"/> counts, in nanoseconds since the epoch: by then, another check must have been written.
    /// Newer versions of Docker do not write each result to the file (moby daemon/health.go, handleProbeResult).
    /// </summary>
    public long HealthUntilNs { get; init; } = long.MaxValue;

    /// <summary>The state without a health that is out of date; the same object if it is not.</summary>
    internal RuntimeState At(long realtimeNs) =>
        Health == HealthStatus.None || realtimeNs <= HealthUntilNs ? this : this with { Health = HealthStatus.None };
}
