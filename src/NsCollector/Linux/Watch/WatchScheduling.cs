namespace NsCollector.Linux.Watch;

/// <summary>How the thread of the watch is scheduled, which decides how soon it sees an exit on a busy host.</summary>
/// <param name="IsRealTime">SCHED_FIFO, priority 1.</param>
/// <param name="Nice">Its nice value if it is not real-time.</param>
/// <param name="Error">-errno if the kernel refused SCHED_FIFO; 0 if it was granted or not requested.</param>
internal readonly record struct WatchScheduling(bool IsRealTime, int Nice, int Error);
