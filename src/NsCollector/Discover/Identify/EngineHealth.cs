namespace NsCollector.Discover.Identify;

/// <summary>The health of a container, as its daemon's API reports it.</summary>
/// <param name="Status">The last result.</param>
/// <param name="HealthyAtNs">When it first became healthy in this life, in nanoseconds since the epoch; 0 if that was before the agent followed the daemon; null if it never was.</param>
internal readonly record struct EngineHealth(HealthStatus Status, long? HealthyAtNs);
