namespace NsCollector.Discover.Watch;

/// <summary>The events of the native watch: nsc_watch_record.kind.</summary>
internal enum WatchRecordKind
{
    /// <summary>The followed process has exited; the texts were read at once.</summary>
    Exited = 1,

    /// <summary>After <see cref="Exited"/> with processes left: the last one has exited; the texts were read at once.</summary>
    Emptied = 2,

    /// <summary>After <see cref="Exited"/>: the process was reaped, and its wait status is known.</summary>
    Status = 3,

    /// <summary>The cgroup was empty and has a process again.</summary>
    Populated = 4,

    /// <summary>Processes were killed because a memory limit was reached.</summary>
    Oom = 5,
}
