namespace NsCollector.Discover;

/// <summary>
/// The result of a container's health checks, in Docker's words (moby api/types, Health). The values are the indexes of the
/// words of <c>health_status</c> in the catalogue.
/// </summary>
internal enum HealthStatus
{
    /// <summary>It has no health check, or its result is not known.</summary>
    None,

    /// <summary>No check has succeeded yet, and not enough have failed.</summary>
    Starting,

    /// <summary>The last check has succeeded, or not enough have failed since one did.</summary>
    Healthy,

    /// <summary>As many checks in a row have failed as its configuration says.</summary>
    Unhealthy,
}
