namespace NsCollector.Linux.Watch;

/// <summary>What the watch may use. Immutable; validated by Host.</summary>
internal sealed record WatchOptions
{
    /// <summary>The most containers that are watched; <see cref="IContainerWatch.Add"/> refuses more.</summary>
    public int MaxContainers { get; init; } = 20_000;

    /// <summary>
    /// How many bytes of records may wait to be taken. Past it texts are left out, which is counted; that a container has
    /// ended is told all the same.
    /// </summary>
    public long BufferBytes { get; init; } = 2 << 20;

    /// <summary>Whether the thread asks for real time (SCHED_FIFO).</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>Where sysfs is mounted.</summary>
    public string Sys { get; init; } = "/sys";
}
