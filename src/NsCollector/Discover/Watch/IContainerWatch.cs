using NsCollector.Linux;

namespace NsCollector.Discover.Watch;

/// <summary>
/// Watches containers for their end and for lack of memory, on a thread of its own. Discovery adds and follows; what
/// happens is taken from it by one thread, when <see cref="Ready"/> is set. Nothing throws; every method may be called from
/// any thread.
/// </summary>
internal interface IContainerWatch
{
    /// <summary>Set whenever there is something to take.</summary>
    WakeSignal Ready { get; }

    /// <summary>Takes a container in: remembers which directories are its own (by their inode numbers) and asks to be told of its lack of memory.</summary>
    /// <param name="key">Its key, never used again.</param>
    /// <param name="cgroupPath">Its path below the hierarchies' roots; a hierarchy where it has no such directory is left out.</param>
    /// <returns>A handle for the other methods, or -errno (ENOSPC: more than the watch was made for).</returns>
    int Add(long key, string cgroupPath);

    /// <summary>Looks again for directories of a container that did not stand yet when it was added.</summary>
    void Complete(int handle, long key);

    /// <summary>Follows a process: its end is told. A process that was followed before is not any more.</summary>
    /// <param name="handle">From <see cref="Add"/>.</param>
    /// <param name="key">The container's key.</param>
    /// <param name="life">Comes back in each record.</param>
    /// <param name="pid">The process.</param>
    /// <param name="processDirectory">A descriptor of its /proc/PID, by which the pid is known to mean this process still; the caller keeps it.</param>
    /// <param name="isNamespaceInit">Whether it is process 1 of its pid namespace, with which all others end.</param>
    /// <returns>0, or -errno: ESRCH where it has ended and was reaped already.</returns>
    int Follow(int handle, long key, uint life, int pid, int processDirectory, bool isNamespaceInit);

    /// <summary>Says where its network counters are found at its end; null: nowhere.</summary>
    void SetNetworkEnd(int handle, long key, NetworkEnd? end);

    /// <summary>Lets go of a container. Records of it that were not taken yet still come.</summary>
    void Remove(int handle, long key);

    /// <summary>Takes the oldest record.</summary>
    /// <returns>False where there is none.</returns>
    bool TryTake(out WatchRecord record);
}
