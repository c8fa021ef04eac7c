using NsCollector.Discover.Watch;
using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Net;

/// <summary>Of one container: where its final network counters will be, and when they are looked for again.</summary>
internal sealed class FinalCounterState
{
    /// <summary>
    /// Delays from each search after a birth to the next. A runtime connects a namespace and mounts it when its first process
    /// already exists, and only then starts the container's program. On an overloaded host that takes seconds, and the next
    /// cycle may be minutes away.
    /// </summary>
    private static readonly int[] DelaysMs = [20, 40, 80, 160, 320, 640, 1_280, 1_280, 1_280, 1_280, 2_560, 5_120, 10_240];

    /// <summary>How many of the searches after a birth come even if an interface was found: a runtime connects several networks one by one.</summary>
    private const int DelaysAfterFound = 4;

    private int _delays;

    /// <summary>Of the last visit; 0 before the first.</summary>
    internal ulong NamespaceInode { get; set; }

    /// <summary>Hash of the interface names of the last visit.</summary>
    internal ulong InterfacesHash { get; set; }

    /// <summary>How many of the next visits search again although nothing has changed.</summary>
    internal int RetriesLeft { get; set; }

    internal bool IsSearchDue { get; set; }

    /// <summary>When the next search after the birth is due, on the monotonic clock; <see cref="long.MaxValue"/> if none is.</summary>
    internal long NextSearchNs { get; set; } = long.MaxValue;

    /// <summary>As found and handed to discovery; null if there is none.</summary>
    internal FinalCounterSource? Found { get; set; }

    /// <summary>What its namespace has counted; null if no search has found its interfaces yet.</summary>
    internal NamespaceTraffic? Traffic { get; set; }

    /// <summary>Which interfaces are read at the exit.</summary>
    internal FinalLinks Links { get; set; } = FinalLinks.None;

    /// <summary>The namespace that another container owned while this one was in it; 0 if there was none.</summary>
    internal ulong SharedInode { get; set; }

    /// <summary>Whether what its namespace has counted is also another container's, so that it reports no totals of it.</summary>
    internal bool IsMember => SharedInode != 0 && SharedInode == NamespaceInode;

    /// <summary>Whether more searches after the birth are needed if one has found the runtime's bind mount and an interface.</summary>
    internal bool IsSettled => _delays >= DelaysAfterFound;

    /// <summary>Whether no search after the birth was scheduled yet.</summary>
    internal bool IsNew => _delays == 0;

    /// <summary>No more searches after the birth.</summary>
    internal void EndSearches() => _delays = DelaysMs.Length;

    /// <summary>The container entered another namespace: it is searched for as after a birth.</summary>
    internal void RestartSearches() => _delays = 0;

    /// <summary>Sets <see cref="NextSearchNs"/> if the searches after the birth are not over.</summary>
    /// <returns>Whether one is scheduled.</returns>
    internal bool ScheduleNext(long nowNs)
    {
        if (_delays >= DelaysMs.Length) return false;
        NextSearchNs = nowNs + (DelaysMs[_delays++] * 1_000_000L);
        return true;
    }
}
