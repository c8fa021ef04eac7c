using System.Runtime.InteropServices;

namespace NsCollector.Linux.Netlink;

/// <summary>struct cgroupstats (include/uapi/linux/cgroupstats.h): how many tasks of one cgroup are in each state.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TaskStates
{
    /// <summary>Interruptible sleep, without tasks that may be frozen in it: not one of nanosleep(2) since Linux 6.1.</summary>
    internal readonly ulong Sleeping;

    /// <summary>Running, or waiting for a processor.</summary>
    internal readonly ulong Running;

    /// <summary>Stopped by a signal.</summary>
    internal readonly ulong Stopped;

    /// <summary>Uninterruptible sleep.</summary>
    internal readonly ulong Uninterruptible;

    /// <summary>In any other state, and waiting for I/O.</summary>
    internal readonly ulong IoWait;
}
