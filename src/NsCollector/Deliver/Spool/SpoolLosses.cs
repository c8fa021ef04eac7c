using Microsoft.Extensions.Logging;

namespace NsCollector.Deliver.Spool;

/// <summary>Counts and logs points of spool files that were not delivered.</summary>
internal sealed partial class SpoolLosses(string sink, SinkCounters counters, ILogger logger, TimeProvider clock)
{
    private readonly Outage _overBound = new(clock);
    private readonly Outage _removed = new(clock);
    private readonly Outage _setAside = new(clock);
    private long _unreportedPoints;

    /// <summary>Counts a spool file that was dropped because of a limit; <see cref="ReportDropped"/> logs it. Thread-safe.</summary>
    internal void OverBound(SpoolEntry entry)
    {
        Interlocked.Add(ref _unreportedPoints, entry.UnacknowledgedPoints);
        Lost(entry);
    }

    /// <summary>Counts a spool file that was dropped.</summary>
    internal void Lost(SpoolEntry entry)
    {
        counters.Dropped(entry.UnacknowledgedPoints);
        counters.Queued(-entry.UnacknowledgedBytes);
    }

    /// <summary>On the writer's thread: logs points dropped because of a limit.</summary>
    internal void ReportDropped()
    {
        if (Interlocked.Read(ref _unreportedPoints) == 0) _overBound.Recovered(out _, out _);
        else if (_overBound.Failed(0)) LogDropped(logger, sink, Interlocked.Exchange(ref _unreportedPoints, 0));
    }

    /// <summary>On the sender's thread: a spool file that another process removed.</summary>
    internal void Removed(SpoolEntry entry)
    {
        Lost(entry);
        if (_removed.Failed(1)) LogRemoved(logger, sink, entry.Name.ToString(), entry.UnacknowledgedPoints);
    }

    /// <summary>On the sender's thread: a spool file that is kept under another name and not sent.</summary>
    internal void SetAside(SpoolEntry entry, bool isRefused, string reason, string path)
    {
        if (isRefused) counters.Refused(entry.UnacknowledgedPoints);
        else counters.Dropped(entry.UnacknowledgedPoints);
        counters.Queued(-entry.UnacknowledgedBytes);
        counters.Failed(isRefused ? SinkFailure.Refused : SinkFailure.SpoolDamaged);
        if (_setAside.Failed(entry.Name.Sequence)) LogSetAside(logger, sink, entry.Name.ToString(), reason, path, entry.UnacknowledgedPoints);
    }

    [LoggerMessage(EventId = 363, Level = LogLevel.Warning, Message = "{Sink}: {Points} points were dropped, oldest first, because the spool reached one of its limits ([spool] max_size, max_files, max_age; memory_size of the sink).")]
    private static partial void LogDropped(ILogger logger, string sink, long points);

    [LoggerMessage(EventId = 364, Level = LogLevel.Error, Message = "{Sink}: spool file {File} was set aside because {Reason}. It is now {Path}; {Points} of its points were not delivered.")]
    private static partial void LogSetAside(ILogger logger, string sink, string file, string reason, string path, int points);

    [LoggerMessage(EventId = 365, Level = LogLevel.Warning, Message = "{Sink}: another process removed spool file {File}; {Points} of its points were not delivered.")]
    private static partial void LogRemoved(ILogger logger, string sink, string file, int points);
}
