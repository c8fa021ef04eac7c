using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;

namespace NsCollector.Host.Check;

/// <summary>What the kernel permitted when each thing that the watch for containers' ends relies on was really tried.</summary>
/// <param name="PidfdOpen">0, or -errno of pidfd_open(2) of this process.</param>
/// <param name="ExitStatus">0, or -errno of asking (PIDFD_GET_INFO) how a thread has ended: the agent has no other process to try it with.</param>
/// <param name="Scheduling">How a thread came to be scheduled that asked as the watch does.</param>
internal sealed record WatchAccess(int PidfdOpen, int ExitStatus, WatchScheduling Scheduling)
{
    private const int TriesOfOneMillisecond = 1000;

    /// <summary>Tries each, on a thread that is gone afterwards.</summary>
    /// <param name="realTime">Whether real time is asked for.</param>
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

        // The kernel's thread ends a little after the one that was joined.
        int status = descriptor < 0 ? descriptor : -Errno.EAGAIN;
        int code;
        for (int i = 0; i < TriesOfOneMillisecond && status == -Errno.EAGAIN; i++)
        {
            status = NativeShim.PidfdStatus(descriptor, &code);
            if (status == -Errno.EAGAIN) Thread.Sleep(1);
        }

        if (descriptor >= 0) Libc.Close(descriptor);
        return new WatchAccess(Math.Min(own, 0), status, new WatchScheduling(result.RealTime != 0, result.Nice, result.Error));
    }
}
