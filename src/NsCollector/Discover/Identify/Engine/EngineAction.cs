namespace NsCollector.Discover.Identify.Engine;

/// <summary>What happened to a container, as far as its name and labels are concerned.</summary>
internal enum EngineAction
{
    /// <summary>Nothing of the kind.</summary>
    Other,

    /// <summary>It is there: it was created, or started.</summary>
    Present,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It was removed; Docker says "destroy", podman "remove".</summary>
    Removed,
}
