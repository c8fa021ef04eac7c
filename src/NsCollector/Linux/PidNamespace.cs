using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>The pid namespace of this process.</summary>
internal static class PidNamespace
{
    // PROC_PID_INIT_INO in include/linux/proc_ns.h, since Linux 3.8.
    private const ulong InitialInode = 0xEFFFFFFC;

    /// <summary>Whether it is the initial one, which has the pids of the kernel's log; false if it cannot be determined.</summary>
    internal static bool IsInitial() => Libc.Stat("/proc/self/ns/pid", out FileStatus status) >= 0 && status.Inode == InitialInode;
}
