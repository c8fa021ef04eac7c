namespace NsCollector.Discover.Identify.Engine;

/// <summary>What <see cref="EngineSocket"/> sees of a daemon without connecting.</summary>
internal enum EngineSocketState
{
    /// <summary>There is no such socket: that daemon is not installed, or does not run.</summary>
    Missing,

    /// <summary>systemd listens in the place of a daemon that does not run, and would start it.</summary>
    Asleep,

    /// <summary>A connection may be tried.</summary>
    Present,
}
