using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>nsc_watch_create.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_create")]
    internal static unsafe partial int WatchCreate(WatchPlanAddresses* plan, nint* created);

    /// <summary>nsc_watch_run: watches in the calling thread until <see cref="WatchStop"/>.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_run")]
    internal static partial int WatchRun(nint watch, int realTime);

    /// <summary>nsc_watch_wait_started: waits until it watches.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_watch_wait_started")]
    internal static unsafe partial void WatchWaitStarted(nint watch, WatchSchedulingResult* scheduling);

    /// <summary>nsc_watch_stop.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_watch_stop")]
    internal static partial void WatchStop(nint watch);

    /// <summary>nsc_watch_destroy.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_watch_destroy")]
    internal static partial void WatchDestroy(nint watch);

    /// <summary>nsc_watch_add.</summary>
    /// <returns>Its slot, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int WatchAdd(nint watch, long key, string path);

    /// <summary>nsc_watch_recheck.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_recheck")]
    internal static partial int WatchRecheck(nint watch, int slot, long key);

    /// <summary>nsc_watch_follow.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_follow")]
    internal static partial int WatchFollow(nint watch, int slot, long key, uint life, int pid, int directory, int isNamespaceInit);

    /// <summary>nsc_watch_set_network.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_set_network", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int WatchSetNetwork(nint watch, int slot, long key, ulong inode, string? path, uint version, WatchLink* links, int count);

    /// <summary>nsc_watch_remove.</summary>
    /// <returns>0, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_remove")]
    internal static partial int WatchRemove(nint watch, int slot, long key);

    /// <summary>nsc_watch_dequeue.</summary>
    /// <returns>1; 0 if there is no record; -ENOBUFS if its texts need <see cref="WatchRecordHead.Bytes"/>.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_watch_dequeue")]
    internal static unsafe partial int WatchDequeue(nint watch, WatchRecordHead* record, byte* bytes, uint capacity);

    /// <summary>nsc_watch_get_counts.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_watch_get_counts")]
    internal static unsafe partial void WatchGetCounts(nint watch, WatchCountsResult* counts);

    /// <summary>nsc_watch_set_scheduling: schedules the calling thread as nsc_watch_run would.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_watch_set_scheduling")]
    internal static unsafe partial void WatchSetScheduling(int realTime, WatchSchedulingResult* scheduling);

    /// <summary>PIDFD_THREAD (Linux 6.9): a pidfd of one thread instead of its process.</summary>
    internal const uint PidfdThread = 0x80;

    /// <summary>nsc_pidfd_open.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_pidfd_open")]
    internal static partial int PidfdOpen(int pid, uint flags);

    /// <summary>nsc_pidfd_status.</summary>
    /// <returns>0; -EAGAIN before it was reaped; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_pidfd_status")]
    internal static unsafe partial int PidfdStatus(int pidfd, int* status);
}
