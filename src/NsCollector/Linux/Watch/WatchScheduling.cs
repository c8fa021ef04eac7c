namespace NsCollector.Linux.Watch;

/// <summary>How the thread that watches is scheduled, which decides how soon it is told of a death on a busy host.</summary>
/// <param name="IsRealTime">SCHED_FIFO, priority 1.</param>
/// <param name="Nice">Its nice value where it is not real time.</param>
/// <param name="Error">-errno with which real time was refused; 0 where it was granted or not asked for.</param>
internal readonly record struct WatchScheduling(bool IsRealTime, int Nice, int Error);
