using System.Runtime.InteropServices;

namespace NsCollector.Discover.Track;

/// <summary>
/// The containers that must be polled before the next walk: young ones without a certain init process or name, and ended
/// ones whose exit is not published yet. For the discovery thread.
/// </summary>
internal sealed class PendingContainers
{
    /// <summary>How often a container is polled that is held back, in milliseconds.</summary>
    internal const long HeldPollMs = 20;

    private readonly List<ContainerRecord> _records = [];

    /// <summary>How many there are.</summary>
    internal int Count => _records.Count;

    /// <summary>By index; indices stay valid while entries behind them are removed.</summary>
    internal ContainerRecord this[int index] => _records[index];

    /// <summary>Adds a container; it stays until it is removed. Does nothing if it is here already.</summary>
    internal void Add(ContainerRecord record)
    {
        if (record.IsPending) return;
        record.IsPending = true;
        _records.Add(record);
    }

    /// <summary>Removes the container at an index.</summary>
    internal void RemoveAt(int index)
    {
        _records[index].IsPending = false;
        _records.RemoveAt(index);
    }

    /// <summary>Removes a container if it is here.</summary>
    internal void Remove(ContainerRecord record)
    {
        if (!record.IsPending) return;
        _records.Remove(record);
        record.IsPending = false;
    }

    /// <summary>When the first of them is to be polled, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> if none is.</summary>
    internal long DueMs(long nowMs)
    {
        long dueMs = long.MaxValue;
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(_records)) dueMs = Math.Min(dueMs, DueMs(record, nowMs));
        return dueMs;
    }

    private static long DueMs(ContainerRecord record, long nowMs)
    {
        bool isHeldBack = record.Published is null && !record.IsExcluded;
        if (isHeldBack || record.HasEnded || record.Life.EndedMs is not null)
            return Math.Min(Math.Max(record.NextPollMs, nowMs + 1), nowMs + HeldPollMs);
        return Math.Min(record.NextPollMs, record.IsNameRequested || (record.Known?.Name is not null && !record.IsStateAwaited) ? long.MaxValue : record.NextNameMs);
    }
}
