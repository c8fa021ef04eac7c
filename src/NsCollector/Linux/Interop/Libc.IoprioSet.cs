using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    // IOPRIO_WHO_PROCESS with who = 0: the calling thread. IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT (include/uapi/linux/ioprio.h).
    private const int IoprioWhoProcess = 1, IoprioIdle = 3 << 13;

    /// <summary>ioprio_set(2): the calling thread's disk requests wait for those of all others, if the disk's scheduler supports priorities (BFQ, mq-deadline).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int SetIdleIoPriority()
    {
        int number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 30 : 251;
        return (int)Result((long)LibC.syscall(number, IoprioWhoProcess, 0, IoprioIdle));
    }
}
