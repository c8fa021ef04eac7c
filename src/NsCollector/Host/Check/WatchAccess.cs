using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;

namespace NsCollector.Host.Check;

/// <summary>What the kernel permits, found by trying each call that the watch for exits uses.</summary>
/// <param name="PidfdOpen">0, or -errno of pidfd_open(2) of this process.</param>
/// <param name="ExitStatus">0, or -errno of asking for the exit status of a thread (PIDFD_GET_INFO). The agent has no other process to try it with.</param>
/// <param name="Scheduling">The scheduling of a thread that requested it like the watch.</param>
internal sealed record WatchAccess(int PidfdOpen, int ExitStatus, WatchScheduling Scheduling)
{
    private const int MaxTriesOfOneMillisecond = 1000;

    /// <summary>Tries each call on a temporary thread.</summary>
    /// <param name="realTime">Whether to request real-time priority.</param>
    internal static unsafe WatchAccess Try(bool realTime)
    {
        int own = NativeShim.PidfdOpen(Environment.ProcessId, 0);
        if (own >= 0) Libc.Close(own);

        NativeShim.WatchSchedulingResult result = default;
        int descriptor = -1;
        var thread = new Thread(() =>
        {
            NativeShim.WatchSchedulingResult scheduling;
            NativeShim.WatchSetScheduling(realTime ? 1 : 0, &scheduling);
            descriptor = NativeShim.PidfdOpen(scheduling.Thread, NativeShim.PidfdThread);
            result = scheduling;
        });
        thread.Start();
        thread.Join();

        // The kernel's thread exits shortly after Join has returned.
        int status = descriptor < 0 ? descriptor : -Errno.EAGAIN;
        int code;
        for (int i = 0; i < MaxTriesOfOneMillisecond && status == -Errno.EAGAIN; i++)
        {
            status = NativeShim.PidfdStatus(descriptor, &code);
            if (status == -Errno.EAGAIN) Thread.Sleep(1);
        }

        if (descriptor >= 0) Libc.Close(descriptor);
        return new WatchAccess(Math.Min(own, 0), status, new WatchScheduling(result.RealTime != 0, result.Nice, result.Error));
    }
}
