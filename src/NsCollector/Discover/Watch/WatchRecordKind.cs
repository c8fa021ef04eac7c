namespace NsCollector.Discover.Watch;

/// <summary>What the watch has to tell of a container.</summary>
internal enum WatchRecordKind
{
    /// <summary>The process that is followed has ended; the texts were read right then.</summary>
    Exited = 1,

    /// <summary>After <see cref="Exited"/> with processes left: the last one has ended now; the texts were read right then.</summary>
    Emptied = 2,

    /// <summary>After <see cref="Exited"/>: the process was reaped, and its status is known.</summary>
    Status = 3,

    /// <summary>After it was empty: there is a process in the cgroup again.</summary>
    Populated = 4,

    /// <summary>Processes of it were killed for lack of memory.</summary>
    Oom = 5,
}
