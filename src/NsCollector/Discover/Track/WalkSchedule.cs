using NsCollector.Discover.Walk;

namespace NsCollector.Discover.Track;

/// <summary>Decides when the whole cgroup tree is walked next. All times are milliseconds of the monotonic clock.</summary>
/// <param name="intervalMs">The configured interval between two walks.</param>
/// <param name="watches">Reports births; null if nothing does.</param>
internal sealed class WalkSchedule(long intervalMs, CgroupWatches? watches)
{
    /// <summary>
    /// The shortest time between two walks. Requests and inotify overflows cannot reduce it: a container can cause both at will.
    /// </summary>
    internal const int MinIntervalMs = 200;

    /// <summary>The longest time between two walks while inotify does not report every birth.</summary>
    private const long BlindIntervalMs = 10_000;

    private long _lastWalkMs;
    private bool _hasOverflowed;
    private volatile bool _isRequested;

    /// <summary>When the next walk is due.</summary>
    internal long DueMs
    {
        get
        {
            if (_hasOverflowed) return _lastWalkMs + MinIntervalMs;
            bool isBlind = watches is not { Descriptor: >= 0, IsComplete: true };
            long waitMs = isBlind ? Math.Min(intervalMs, BlindIntervalMs) : intervalMs;
            if (_isRequested) waitMs = Math.Min(waitMs, isBlind ? MinIntervalMs : BlindIntervalMs);
            return _lastWalkMs + waitMs;
        }
    }

    /// <summary>Asks for a walk soon. Any thread may call it.</summary>
    /// <returns>False if a request is pending already.</returns>
    internal bool TryRequest()
    {
        if (_isRequested) return false;
        _isRequested = true;
        return true;
    }

    /// <summary>inotify lost events: the tree must be walked to find what they reported.</summary>
    internal void NoteOverflow() => _hasOverflowed = true;

    /// <summary>A walk begins; what is requested from now on asks for another one.</summary>
    internal void BeginWalk()
    {
        _isRequested = false;
        _hasOverflowed = false;
    }

    /// <summary>The walk has ended.</summary>
    internal void EndWalk(long nowMs) => _lastWalkMs = nowMs;
}
