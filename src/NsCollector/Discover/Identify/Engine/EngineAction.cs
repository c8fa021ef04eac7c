namespace NsCollector.Discover.Identify.Engine;

/// <summary>What happened to a container, as far as its name and labels are concerned.</summary>
internal enum EngineAction
{
    /// <summary>Something else.</summary>
    Other,

    /// <summary>It was created or started.</summary>
    Present,

    Renamed,

    /// <summary>The result of its health checks has changed: Docker says "health_status: healthy".</summary>
    Health,

    /// <summary>Docker says "destroy", podman "remove".</summary>
    Removed,
}
