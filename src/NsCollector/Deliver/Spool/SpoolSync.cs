namespace NsCollector.Deliver.Spool;

/// <summary>When a spool file is made durable against a power failure (fsync(2)). None of them loses anything when the agent is killed.</summary>
public enum SpoolSync
{
    /// <summary>Each file before it counts as collected: a power failure loses nothing but the cycle at hand.</summary>
    Always,

    /// <summary>All files of an interval together: a power failure loses at most that interval and a cycle.</summary>
    Interval,

    /// <summary>Whenever the kernel does: a power failure loses what was written in the last half minute or so.</summary>
    Never,
}
