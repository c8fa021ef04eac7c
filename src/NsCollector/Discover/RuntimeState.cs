namespace NsCollector.Discover;

/// <summary>Restart count and health of a container, as its runtime reports them. Immutable.</summary>
/// <param name="RestartCount">How often the runtime had restarted it before this life; null if it does not report that.</param>
/// <param name="HasHealthCheck">Whether it has a health check.</param>
/// <param name="Health">The result of its health checks.</param>
/// <param name="HealthyAtNs">When its first check of this life succeeded, in nanoseconds since the epoch; 0 if that is not known.</param>
internal sealed record RuntimeState(int? RestartCount, bool HasHealthCheck = false, HealthStatus Health = HealthStatus.None, long HealthyAtNs = 0);
