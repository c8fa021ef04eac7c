using NsCollector.Linux;

namespace NsCollector.Discover.Watch;

/// <summary>
/// Watches containers for exits and OOM kills, on a thread of its own. One thread dequeues the records when
/// <see cref="Ready"/> is set. Nothing throws; every method may be called from any thread.
/// </summary>
internal interface IContainerWatch
{
    /// <summary>Set when a record is queued.</summary>
    WakeSignal Ready { get; }

    /// <summary>Adds a container: records the inode numbers of its directories and subscribes to its OOM kills.</summary>
    /// <param name="key">Its key, never used again.</param>
    /// <param name="cgroupPath">Its path below the hierarchies' roots; a hierarchy without this directory is skipped.</param>
    /// <returns>A handle for the other methods, or -errno (ENOSPC: the limit of <see cref="Linux.Watch.WatchOptions.MaxContainers"/>).</returns>
    int Add(long key, string cgroupPath);

    /// <summary>Looks again for directories that did not exist when the container was added.</summary>
    void Recheck(int handle, long key);

    /// <summary>Follows a process, instead of the one followed before: its exit is reported.</summary>
    /// <param name="handle">From <see cref="Add"/>.</param>
    /// <param name="key">The container's key.</param>
    /// <param name="life">Returned in each record.</param>
    /// <param name="pid">The process.</param>
    /// <param name="processDirectory">A descriptor of its /proc/PID, which proves that the pid was not reused. The caller keeps it.</param>
    /// <param name="isNamespaceInit">Whether it is process 1 of its pid namespace: the kernel kills all others when it exits.</param>
    /// <returns>0, or -errno: ESRCH if it has exited and was reaped.</returns>
    int Follow(int handle, long key, uint life, int pid, int processDirectory, bool isNamespaceInit);

    /// <summary>Sets where its network counters are read at its exit; null: nowhere.</summary>
    void SetFinalCounterSource(int handle, long key, FinalCounterSource? source);

    /// <summary>Removes a container. Records that are already queued can still be dequeued.</summary>
    void Remove(int handle, long key);

    /// <summary>Dequeues the oldest record.</summary>
    /// <returns>False if there is none.</returns>
    bool TryDequeue(out WatchRecord record);
}
