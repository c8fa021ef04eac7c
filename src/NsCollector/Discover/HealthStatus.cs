namespace NsCollector.Discover;

/// <summary>
/// The result of a container's health checks, in Docker's words (moby api/types, Health). The values are the indexes of the
/// words of <c>health_status</c> in the catalogue.
/// </summary>
internal enum HealthStatus
{
    /// <summary>The container has no health check, or the result is not known.</summary>
    None,

    /// <summary>No check has succeeded yet, and not enough have failed.</summary>
    Starting,

    /// <summary>The last check succeeded, or not enough checks have failed since then.</summary>
    Healthy,

    /// <summary>The configured number of consecutive checks have failed.</summary>
    Unhealthy,
}
