namespace NsCollector.Discover;

/// <summary>What a runtime says of a container beside its names. Immutable.</summary>
/// <param name="RestartCount">How often the runtime had restarted it before this life; null if it does not say.</param>
/// <param name="HasHealthCheck">Whether its health is checked.</param>
/// <param name="Health">The result of its health checks.</param>
/// <param name="HealthyAtNs">When its first check of this life succeeded, in nanoseconds since the epoch; 0 if that is not known.</param>
internal sealed record RuntimeState(int? RestartCount, bool HasHealthCheck = false, HealthStatus Health = HealthStatus.None, long HealthyAtNs = 0);
