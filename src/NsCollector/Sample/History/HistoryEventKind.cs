namespace NsCollector.Sample.History;

/// <summary>The kind of a <see cref="HistoryEvent"/>.</summary>
internal enum HistoryEventKind
{
    /// <summary>A limit of memory was reached, and the kernel could not free enough.</summary>
    Oom,

    /// <summary>The kernel killed a process for that.</summary>
    OomKill,

    /// <summary>The container was created, or existed when the agent started.</summary>
    Creation,

    /// <summary>The container was removed.</summary>
    Deletion,
}
