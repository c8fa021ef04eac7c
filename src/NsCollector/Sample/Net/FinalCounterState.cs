using NsCollector.Discover.Watch;

namespace NsCollector.Sample.Net;

/// <summary>Of one container: where its final network counters will be, and when <see cref="FinalCounterSearch"/> looks for them again.</summary>
internal sealed class FinalCounterState
{
    /// <summary>
    /// Delays from each search after a birth to the next. A runtime connects a namespace and mounts it when its first process
    /// already exists, and only then starts the container's program. On an overloaded host that takes seconds, and the next
    /// cycle may be minutes away.
    /// </summary>
    private static readonly int[] DelaysMs = [20, 40, 80, 160, 320, 640, 1_280, 1_280, 1_280, 1_280, 2_560, 5_120, 10_240];

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
