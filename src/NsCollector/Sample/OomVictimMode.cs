namespace NsCollector.Sample;

/// <summary>Whether the victims of OOM kills are read from the kernel's log: <c>cgroup.oom_victims</c>.</summary>
internal enum OomVictimMode
{
    /// <summary>They are read if the kernel's log can be opened.</summary>
    Auto,

    /// <summary>The same, with a warning if it cannot be opened.</summary>
    On,

    /// <summary>The log is not opened.</summary>
    Off,
}
