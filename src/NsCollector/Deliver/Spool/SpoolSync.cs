namespace NsCollector.Deliver.Spool;

/// <summary>When spool files are synced to disk (fsync(2)) against a power failure. If only the agent is killed, nothing is lost with any of them.</summary>
public enum SpoolSync
{
    /// <summary>Each file after it is written: a power failure loses only the current cycle.</summary>
    Always,

    /// <summary>All files of an interval at once: a power failure loses at most that interval and a cycle.</summary>
    Interval,

    /// <summary>When the kernel decides: a power failure loses about the last half minute.</summary>
    Never,
}
