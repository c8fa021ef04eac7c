namespace NsCollector.Discover.Identify.Daemons;

/// <summary>A daemon that says on its command line or in its configuration file where it keeps its state.</summary>
internal enum DaemonKind
{
    /// <summary>dockerd; its directory is the data root.</summary>
    Docker,

    /// <summary>containerd; its directory is the state directory.</summary>
    Containerd,
}
