using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>One life of a container, from its first process to its last. A container that restarts in its cgroup begins another.</summary>
internal sealed class ContainerLife
{
    /// <summary>The watch's handle of the container; negative if it is not watched.</summary>
    internal int Handle { get; set; } = -1;

    /// <summary>The sequence number of the process that is followed, over all lives; 0 before the first.</summary>
    internal uint Followed { get; set; }

    /// <summary>The time from which its OOM kills are counted, on the monotonic clock.</summary>
    internal long WatchedSinceNs { get; set; }

    /// <summary>
    /// The sequence number of the main process, whose exit is the container's: process 1 of the pid namespace if there is
    /// one, else the first that is not a helper of the runtime. 0 if none was seen in this life.
    /// </summary>
    internal uint Main { get; set; }

    /// <summary>Whether <see cref="Main"/> is a helper of the runtime, so that the true main process may still come.</summary>
    internal bool MainIsHelper { get; set; }

    /// <summary>Whether <see cref="Main"/> is process 1 of its pid namespace.</summary>
    internal bool MainIsNamespaceInit { get; set; }

    /// <summary>The pid of the main process; 0 if none was found.</summary>
    internal int MainPid { get; set; }

    /// <summary>When the main process was found, on the monotonic clock, in nanoseconds.</summary>
    internal long MainFoundNs { get; set; }

    /// <summary>When the main process started, on CLOCK_BOOTTIME, in nanoseconds; 0 if unknown.</summary>
    internal long MainStartedBoottimeNs { get; set; }

    /// <summary>When the main process exited, on the monotonic clock, in milliseconds; null while it lives.</summary>
    internal long? EndedMs { get; set; }

    /// <summary>When it exited, in nanoseconds since the epoch.</summary>
    internal long EndedRealtimeNs { get; set; }

    /// <summary>When it exited, on CLOCK_BOOTTIME, in nanoseconds; 0 if only its absence was seen.</summary>
    internal long EndedBoottimeNs { get; set; }

    /// <summary>Its wait status; null if it is not known (yet).</summary>
    internal int? Status { get; set; }

    /// <summary>Whether the status will be reported when the process is reaped.</summary>
    internal bool StatusFollows { get; set; }

    /// <summary>Whether the last process has exited.</summary>
    internal bool IsEmpty { get; set; }

    /// <summary>The files that the watch read last.</summary>
    internal WatchTexts Texts { get; set; } = WatchTexts.None;

    /// <summary>OOM kills that the watch has reported and that wait for the container's name.</summary>
    internal Queue<WatchRecord> Ooms { get; } = new();

    /// <summary>When the watch last reported an OOM kill in this life, on CLOCK_BOOTTIME, in nanoseconds; 0: never.</summary>
    internal long OomBoottimeNs { get; set; }

    /// <summary>Whether a process was seen since the last exit that was published.</summary>
    internal bool HasBegun => Main != 0;

    /// <summary>Clears an exit that was not the container's.</summary>
    internal void ClearExit()
    {
        EndedMs = null;
        EndedRealtimeNs = 0;
        EndedBoottimeNs = 0;
        Status = null;
        StatusFollows = false;
        IsEmpty = false;
        Texts = WatchTexts.None;
    }

    /// <summary>Resets the life after its exit was published.</summary>
    internal void End()
    {
        ClearExit();
        Main = 0;
        MainIsHelper = false;
        MainIsNamespaceInit = false;
        MainStartedBoottimeNs = 0;
        MainPid = 0;
        MainFoundNs = 0;
        OomBoottimeNs = 0;
    }
}
