using System.Runtime.InteropServices;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Track;

/// <summary>Starts a census of the host's containers at intervals, and adds those that have a process. For the discovery thread.</summary>
/// <param name="interval">Time between two censuses; zero: no census.</param>
/// <param name="records">The containers.</param>
/// <param name="admission">The containers that are not sampled, and whether they have a process.</param>
/// <param name="census">Reads the state files.</param>
/// <param name="context">Counts a census that hangs.</param>
/// <param name="isOnThread">Whether a separate thread reads the files, which is started by <see cref="Start"/>.</param>
internal sealed class CensusTracker(TimeSpan interval, ContainerRecords records, Admission admission, StateCensus census, CensusContext context, bool isOnThread) : IDisposable
{
    /// <summary>Number of intervals after which a census counts as hanging.</summary>
    private const int HungAfter = 3;

    private readonly long _intervalMs = (long)interval.TotalMilliseconds;
    private bool _mayRun = !isOnThread;
    private long _nextMs;
    private int _busy;

    /// <summary>The last census; null before the first. From any thread.</summary>
    internal ContainerCensus? Current => census.Current;

    /// <summary>When <see cref="Poll"/> is due, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/>: never.</summary>
    internal long DueMs => _intervalMs == 0 || !_mayRun ? long.MaxValue : _nextMs;

    /// <summary>Starts the thread.</summary>
    internal void Start()
    {
        if (_intervalMs == 0) return;
        census.Start();
        _mayRun = true;
    }

    /// <summary>Begins a census if one is due and the last one is complete.</summary>
    internal void Poll(long nowMs)
    {
        if (nowMs < DueMs) return;
        _nextMs = nowMs + _intervalMs;
        if (!census.TryBegin())
        {
            _busy++;
            if (_busy >= HungAfter) context.Hung(interval * _busy, isFirst: _busy == HungAfter);
            return;
        }

        _busy = 0;
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(records.All))
        {
            if (record is not { GoneSinceMs: null, IsDuplicate: false, Life.IsEmpty: false }) continue;

            // Its init process may not have been found, for example if no descriptors are left.
            if (record.Init is null && !admission.HasProcess(record.Nodes)) continue;

            // The state files of the host do not contain nested containers.
            RecognisedContainer recognised = record.Recognised;
            if (recognised.Within is null) census.AddLive(recognised.Runtime, recognised.Id);
            if (record.IsExcluded) census.AddExcluded(recognised.Runtime);
        }

        foreach (WaitingContainer waiting in admission.Waiting)
        {
            // Of the host's own containers, only those over the limit wait. The state files do not contain the others.
            if (waiting.Owner is null && admission.HasProcess(waiting.Nodes)) census.AddLive(waiting.Recognised.Runtime, waiting.Recognised.Id);
        }

        census.Run();
    }

    /// <inheritdoc/>
    public void Dispose() => census.Dispose();
}
