using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// The spool files that wait for one server, on disk or, if the disk fails, in memory. The writer adds, the sender dequeues.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>A spool file leaves only when it is acknowledged (<see cref="Complete"/>), dropped and counted, or set aside.</item>
/// <item>Spool files are dequeued in the order of <see cref="SpoolLanes"/>, or strictly by age (<see cref="IsOldestFirst"/>).</item>
/// <item><see cref="SpoolBounds"/> are enforced by dropping the oldest; the spool file in flight is never dropped.</item>
/// <item>The disk is accessed outside the lock, so that neither thread waits for the other while a disk hangs.</item>
/// </list>
/// </summary>
internal sealed class SpoolQueue
{
    // Longest wait, so that the age limit is checked even if nothing else happens.
    private const int MaxWaitMs = 60_000;

    private readonly object _gate = new();
    private readonly SpoolDisk _disk;
    private readonly SpoolBounds _bounds;
    private readonly SinkCounters _counters;
    private readonly SpoolLosses _losses;

    // Used by the writer only.
    private long _nextSequence = 1;

    // Guarded by _gate.
    private readonly SpoolLanes _lanes = new();
    private bool _isServerDown, _wake, _stopping;

    /// <summary>Makes an empty queue; <see cref="Open"/> adds the files of an earlier run. Without a directory everything waits in memory.</summary>
    internal SpoolQueue(string sink, SpoolOptions options, ISpoolFiles? directory, long maxMemoryBytes, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _disk = new SpoolDisk(sink, options, directory, maxMemoryBytes, counters, logger, clock);
        _bounds = new SpoolBounds(options, maxMemoryBytes);
        _losses = new SpoolLosses(sink, counters, logger, clock);
        _counters = counters;
    }

    /// <summary>What its spool files contain.</summary>
    internal SpoolFormat Format { get; init; }

    /// <summary>Whether the oldest spool file always goes first. Otherwise live files go before the backlog.</summary>
    internal bool IsOldestFirst { get; init; }

    /// <summary>The number of waiting spool files, including the one in flight.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return _lanes.Count;
        }
    }

    /// <summary>Called first, on the writer's thread: adds the files of an earlier run.</summary>
    internal void Open()
    {
        if (!_disk.TryOpen(out List<SpoolFile> found, out long lastSequence)) return;
        long nowMs = Environment.TickCount64;
        DateTime utcNow = DateTime.UtcNow;
        lock (_gate)
        {
            // Files collected before the directory could be opened come after those in it.
            foreach (SpoolEntry entry in _lanes.All()) entry.Name = entry.Name with { Sequence = entry.Name.Sequence + lastSequence };
            _nextSequence += lastSequence;
            for (int i = found.Count - 1; i >= 0; i--) _lanes.AddOldest(SpoolEntry.Of(found[i], nowMs, utcNow));
            _counters.Queued(found.Sum(file => (long)file.Name.LineBytes));
            EnforceBounds(byAgeOnly: false);
            _lanes.Publish(_counters);
            Monitor.PulseAll(_gate);
        }

        _disk.RemovePending();
    }

    /// <summary>On the writer's thread: adds a spool file, on disk if possible. Never fails.</summary>
    /// <param name="compressed">Its lines as one gzip stream; copied if it must stay in memory.</param>
    /// <param name="points">The number of lines.</param>
    /// <param name="lineBytes">Their uncompressed bytes; already counted as queued.</param>
    internal void Add(ReadOnlySpan<byte> compressed, int points, int lineBytes)
    {
        if (!_disk.IsOpen) Open();
        SpoolFileName name = new(_nextSequence++, points, lineBytes, Crc32C.Of(compressed), Format);
        SpoolEntry entry = new() { Name = name, CompressedBytes = compressed.Length, CollectedMs = Environment.TickCount64 };
        int error = _disk.IsOpen ? WriteOrMakeRoom(name, compressed) : -Errno.ENOENT;
        if (error < 0) entry.Memory = compressed.ToArray();
        lock (_gate)
        {
            _lanes.Add(entry, _isServerDown);
            EnforceBounds(byAgeOnly: false);
            _lanes.Publish(_counters);
            Monitor.PulseAll(_gate);
        }

        _disk.RemovePending();
        if (error == 0)
        {
            _disk.RetryRemovals();
            Spill();
        }

        _disk.SyncWhereDue();
        _losses.ReportDropped();
    }

    /// <summary>On the writer's thread, at the stop: writes spool files in memory to disk if possible, and syncs everything.</summary>
    internal void Finish()
    {
        if (!_disk.IsOpen) Open();
        _disk.RetryRemovals();
        Spill();
        _disk.SyncAll();
    }

    /// <summary>
    /// On the sender's thread: dequeues the next spool file, waiting for one. It is in flight until <see cref="Complete"/>,
    /// <see cref="Requeue"/>, <see cref="DropMissing"/> or <see cref="SetAside"/>.
    /// </summary>
    /// <param name="backlogDelayMs">Milliseconds after which a spool file of the backlog may be dequeued.</param>
    /// <param name="timeoutMs">Milliseconds to wait; -1: until there is one or <see cref="Wake"/> is called.</param>
    /// <param name="isBacklog">Whether it is of the backlog.</param>
    /// <returns>Null after the timeout, or after <see cref="Wake"/>.</returns>
    internal SpoolEntry? Dequeue(long backlogDelayMs, long timeoutMs, out bool isBacklog)
    {
        long startMs = Environment.TickCount64;
        while (true)
        {
            lock (_gate)
            {
                if (!EnforceBounds(byAgeOnly: true))
                {
                    SpoolEntry? entry = DequeueOrWait(startMs, backlogDelayMs, timeoutMs, out isBacklog, out bool again);
                    if (!again) return entry;
                }
            }

            _disk.RemovePending();
        }
    }

    /// <summary>Waits; returns early after <see cref="Wake"/> or <see cref="Stop"/>.</summary>
    internal void Pause(TimeSpan time)
    {
        long until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        lock (_gate)
        {
            while (!_wake && !_stopping)
            {
                long left = until - Environment.TickCount64;
                if (left <= 0) return;
                Monitor.Wait(_gate, (int)Math.Min(left, MaxWaitMs));
            }

            _wake = false;
        }
    }

    /// <summary>Wakes the waiting sender.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            _wake = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends all waits, now and later.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Sets whether the server is down: then new spool files go to the backlog, and the oldest is tried first.</summary>
    internal void SetServerDown(bool isDown)
    {
        lock (_gate)
        {
            _isServerDown = isDown;
            if (isDown) _lanes.MoveToBacklog();
        }
    }

    /// <summary>Reads the compressed bytes of the spool file in flight.</summary>
    /// <param name="entry">The spool file.</param>
    /// <param name="buffer">Buffer for a file on disk; enlarged if it is too small.</param>
    /// <param name="bytes">The bytes, in <paramref name="buffer"/> or in the entry's own memory.</param>
    internal SpoolReadResult Read(SpoolEntry entry, ref byte[] buffer, out ReadOnlyMemory<byte> bytes)
    {
        byte[]? memory;
        lock (_gate) memory = entry.Memory;
        if (memory is not null)
        {
            bytes = memory;
            return SpoolReadResult.Whole;
        }

        SpoolReadResult read = _disk.Read(entry.Name, ref buffer, out int length);
        bytes = buffer.AsMemory(0, length);
        return read;
    }

    /// <summary>Removes a spool file whose lines are all acknowledged.</summary>
    internal void Complete(SpoolEntry entry)
    {
        if (entry.Memory is null)
        {
            _disk.RemoveLater(entry.Name);
            _disk.RemovePending();
        }

        RemoveInFlight(entry);
    }

    /// <summary>Returns a spool file to its place in the backlog.</summary>
    /// <param name="entry">The spool file.</param>
    /// <param name="last">Whether to put it behind all others: it may be the one that the server cannot accept.</param>
    internal void Requeue(SpoolEntry entry, bool last = false)
    {
        lock (_gate)
        {
            _lanes.Requeue(entry, last);
            _lanes.Publish(_counters);
        }
    }

    /// <summary>Returns the spool file in flight, if any, behind all others.</summary>
    internal void RequeueInFlight()
    {
        SpoolEntry? inFlight;
        lock (_gate) inFlight = _lanes.InFlight;
        if (inFlight is not null) Requeue(inFlight, last: true);
    }

    /// <summary>Removes a spool file that is missing on disk; its unacknowledged points are counted as dropped.</summary>
    internal void DropMissing(SpoolEntry entry)
    {
        _losses.Removed(entry);
        RemoveInFlight(entry);
    }

    /// <summary>Renames a spool file so that it is kept but not sent; its unacknowledged points are counted as dropped or refused.</summary>
    internal void SetAside(SpoolEntry entry, string suffix, string reason)
    {
        string path = entry.Memory is null ? _disk.SetAside(entry.Name, suffix) : "(memory)";
        _losses.SetAside(entry, isRefused: suffix == SpoolFileName.RefusedSuffix, reason, path);
        RemoveInFlight(entry);
    }

    /// <summary>At the stop: drops the spool files that are only in memory.</summary>
    /// <returns>The number of points dropped.</returns>
    internal long DropMemory()
    {
        long points = 0;
        lock (_gate)
        {
            while (_lanes.OldestInMemory is { } entry)
            {
                points += entry.UnacknowledgedPoints;
                _lanes.Drop(entry);
                _losses.Lost(entry);
            }

            _lanes.Publish(_counters);
        }

        return points;
    }

    // Under the lock.
    private SpoolEntry? DequeueOrWait(long startMs, long backlogDelayMs, long timeoutMs, out bool isBacklog, out bool again)
    {
        isBacklog = again = false;
        if (_wake)
        {
            _wake = false;
            return null;
        }

        long waitedMs = Environment.TickCount64 - startMs;
        bool isBacklogNext = _lanes.HasBacklog && (!_lanes.HasLive || (IsOldestFirst && _lanes.IsBacklogOlder));
        isBacklog = isBacklogNext && waitedMs >= backlogDelayMs;
        if (isBacklog || (_lanes.HasLive && !isBacklogNext)) return _lanes.Dequeue(isBacklog);

        long waitMs = _lanes.HasBacklog ? backlogDelayMs - waitedMs : -1;
        if (timeoutMs >= 0)
        {
            long left = timeoutMs - waitedMs;
            if (left <= 0) return null;
            waitMs = waitMs < 0 ? left : Math.Min(left, waitMs);
        }

        if (_stopping) return null;
        Monitor.Wait(_gate, (int)Math.Clamp(waitMs < 0 ? MaxWaitMs : waitMs, 1, MaxWaitMs));
        again = true;
        return null;
    }

    private void RemoveInFlight(SpoolEntry entry)
    {
        lock (_gate)
        {
            _lanes.RemoveInFlight(entry);
            _lanes.Publish(_counters);
        }
    }

    /// <summary>
    /// If disk and memory are full, drops the oldest; but at most twice the size of the new file, because another program may be
    /// filling the disk faster than that.
    /// </summary>
    private int WriteOrMakeRoom(SpoolFileName name, ReadOnlySpan<byte> compressed)
    {
        int error = _disk.Write(name, compressed);
        long room = 2 * SpoolDisk.Blocks(compressed.Length);
        while (room > 0 && error is -Errno.ENOSPC or -Errno.EDQUOT)
        {
            lock (_gate)
            {
                if (_lanes.MemoryBytes + compressed.Length <= _bounds.MaxMemoryBytes) break;
                long before = _lanes.DiskBytes;
                if (_lanes.Oldest is not { } oldest) break;
                Drop(oldest);
                room -= SpoolDisk.Blocks(before - _lanes.DiskBytes);
            }

            // Before the next attempt, which needs the room.
            _disk.RemovePending();
            error = _disk.Write(name, compressed);
        }

        if (error < 0) _disk.Failed(error);
        else _disk.Works();
        return error;
    }

    /// <summary>Writes spool files in memory to disk, oldest first, until the disk fails.</summary>
    private void Spill()
    {
        if (!_disk.IsOpen) return;
        while (true)
        {
            SpoolEntry entry;
            byte[] memory;
            lock (_gate)
            {
                if (_lanes.OldestInMemory is not { } oldest) return;
                entry = oldest;
                memory = oldest.Memory!;
            }

            int error = _disk.Write(entry.Name, memory);
            if (error < 0)
            {
                _disk.Failed(error);
                return;
            }

            lock (_gate)
            {
                // If it was sent or dropped meanwhile, its file must not be sent after a restart. If it is in flight, it stays
                // in memory, because the sender removes that copy.
                if (_lanes.TryMoveToDisk(entry)) _lanes.Publish(_counters);
                else _disk.RemoveLater(entry.Name);
            }

            _disk.RemovePending();
        }
    }

    /// <returns>Whether any was dropped; the caller then removes the files outside the lock.</returns>
    private bool EnforceBounds(bool byAgeOnly)
    {
        bool dropped = false;
        while ((byAgeOnly ? _bounds.TooOld(_lanes, Environment.TickCount64) : _bounds.Excess(_lanes, Environment.TickCount64)) is { } entry)
        {
            Drop(entry);
            dropped = true;
        }

        if (dropped) _lanes.Publish(_counters);
        return dropped;
    }

    private void Drop(SpoolEntry entry)
    {
        if (entry.Memory is null) _disk.RemoveLater(entry.Name);
        _lanes.Drop(entry);
        _losses.OverBound(entry);
    }
}
