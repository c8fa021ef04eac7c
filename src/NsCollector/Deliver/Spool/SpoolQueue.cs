using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// What waits for one server, on disk and, where the disk refuses, in memory; the writer adds, the sender takes.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>A parcel leaves only when it is settled (<see cref="Complete"/>), given up and counted, or set aside.</item>
/// <item>Parcels are taken in the order of <see cref="SpoolLanes"/>.</item>
/// <item><see cref="SpoolBounds"/> are kept by giving up the oldest; the parcel that is being sent is never given up.</item>
/// <item>The disk is touched outside the lock, so that neither thread waits for the other while a disk hangs.</item>
/// </list>
/// </summary>
internal sealed class SpoolQueue
{
    // By which the bound of age is looked at also where nothing happens.
    private const int MaxWaitMs = 60_000;

    private readonly object _gate = new();
    private readonly SpoolDisk _disk;
    private readonly SpoolBounds _bounds;
    private readonly SinkCounters _counters;
    private readonly SpoolLosses _losses;

    // The writer's own.
    private long _nextSequence = 1;

    // Guarded by _gate.
    private readonly SpoolLanes _lanes = new();
    private bool _isServerDown, _wake, _stopping;

    /// <summary>Makes an empty queue; <see cref="Open"/> finds what a former run left. Without a directory all waits in memory.</summary>
    internal SpoolQueue(string sink, SpoolOptions options, ISpoolFiles? directory, long maxMemoryBytes, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _disk = new SpoolDisk(sink, options, directory, maxMemoryBytes, counters, logger, clock);
        _bounds = new SpoolBounds(options, maxMemoryBytes);
        _losses = new SpoolLosses(sink, counters, logger, clock);
        _counters = counters;
    }

    /// <summary>How many parcels wait, the one that is being sent included.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return _lanes.Count;
        }
    }

    /// <summary>On the writer's thread, first: finds what a former run left.</summary>
    internal void Open()
    {
        if (!_disk.TryOpen(out List<SpoolFile> found, out long lastSequence)) return;
        long nowMs = Environment.TickCount64;
        DateTime utcNow = DateTime.UtcNow;
        lock (_gate)
        {
            // What was collected before the directory could be opened comes after what is in it.
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

    /// <summary>On the writer's thread: takes a parcel, to disk where possible. Never fails.</summary>
    /// <param name="compressed">Its lines, as one gzip stream; copied where they must stay in memory.</param>
    /// <param name="points">How many lines.</param>
    /// <param name="lineBytes">How many bytes they are; counted as queued already.</param>
    internal void Add(ReadOnlySpan<byte> compressed, int points, int lineBytes)
    {
        if (!_disk.IsOpen) Open();
        SpoolFileName name = new(_nextSequence++, points, lineBytes, Crc32C.Of(compressed));
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

    /// <summary>On the writer's thread, at the end: what waits in memory goes to disk where that works by now, and all is made durable.</summary>
    internal void Finish()
    {
        if (!_disk.IsOpen) Open();
        _disk.RetryRemovals();
        Spill();
        _disk.SyncAll();
    }

    /// <summary>
    /// On the sender's thread: takes the next parcel, waiting for one. It is held until <see cref="Complete"/>,
    /// <see cref="Requeue"/>, <see cref="DropMissing"/> or <see cref="SetAside"/>.
    /// </summary>
    /// <param name="backlogDelayMs">After how many milliseconds one that was left behind may be taken.</param>
    /// <param name="timeoutMs">How long to wait; -1: until there is one or <see cref="Wake"/> is called.</param>
    /// <param name="isBacklog">Whether it was left behind.</param>
    /// <returns>Null after the time, or after <see cref="Wake"/>.</returns>
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

    /// <summary>Waits for a time; ends early after <see cref="Wake"/> or <see cref="Stop"/>.</summary>
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

    /// <summary>Ends a wait of the sender, for something else it is to do.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            _wake = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>From now on nothing waits any more.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Whether the server takes nothing: what is collected then is left behind, and the oldest is what is tried.</summary>
    internal void SetServerDown(bool isDown)
    {
        lock (_gate)
        {
            _isServerDown = isDown;
            if (isDown) _lanes.MoveToBacklog();
        }
    }

    /// <summary>The compressed bytes of a parcel that was taken.</summary>
    /// <param name="entry">The parcel.</param>
    /// <param name="buffer">Where to, where they come from disk; made larger where it is too small.</param>
    /// <param name="bytes">They, in <paramref name="buffer"/> or in memory of their own.</param>
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

    /// <summary>Lets go of a parcel of which every line is settled.</summary>
    internal void Complete(SpoolEntry entry)
    {
        if (entry.Memory is null)
        {
            _disk.RemoveLater(entry.Name);
            _disk.RemovePending();
        }

        RemoveInFlight(entry);
    }

    /// <summary>Puts a parcel back to where it was: the oldest of its kind.</summary>
    /// <param name="entry">The parcel.</param>
    /// <param name="last">Whether all others go before it: it may be what the server cannot take.</param>
    internal void Requeue(SpoolEntry entry, bool last = false)
    {
        lock (_gate)
        {
            _lanes.Requeue(entry, last);
            _lanes.Publish(_counters);
        }
    }

    /// <summary>Puts back, after all others, the parcel that is taken, if one is.</summary>
    internal void RequeueInFlight()
    {
        SpoolEntry? inFlight;
        lock (_gate) inFlight = _lanes.InFlight;
        if (inFlight is not null) Requeue(inFlight, last: true);
    }

    /// <summary>Lets go of a parcel that is not there any more; what was not settled of it is counted as dropped.</summary>
    internal void DropMissing(SpoolEntry entry)
    {
        _losses.Removed(entry);
        RemoveInFlight(entry);
    }

    /// <summary>Keeps a parcel's file under another name, and counts what was not settled of it as dropped or refused.</summary>
    internal void SetAside(SpoolEntry entry, string suffix, string reason)
    {
        string path = entry.Memory is null ? _disk.SetAside(entry.Name, suffix) : "(memory)";
        _losses.SetAside(entry, isRefused: suffix == SpoolFileName.RefusedSuffix, reason, path);
        RemoveInFlight(entry);
    }

    /// <summary>At the end: gives up what is in memory only.</summary>
    /// <returns>How many points these were.</returns>
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
        isBacklog = !_lanes.HasLive && _lanes.HasBacklog && waitedMs >= backlogDelayMs;
        if (isBacklog || _lanes.HasLive) return _lanes.Dequeue(isBacklog);

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
    /// On a full disk the oldest goes, once memory is full as well; but no more than twice what is to be written, since
    /// somebody else may be filling the disk faster than that.
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

            // Before the next try: it needs the room.
            _disk.RemovePending();
            error = _disk.Write(name, compressed);
        }

        if (error < 0) _disk.Failed(error);
        else _disk.Works();
        return error;
    }

    /// <summary>Writes what waits in memory to disk, oldest first, until the disk refuses.</summary>
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
                // It may have been sent or given up meanwhile; then its file must not come back after a restart. The one
                // that is being sent stays in memory, because that is what its sender lets go of.
                if (_lanes.TryMoveToDisk(entry)) _lanes.Publish(_counters);
                else _disk.RemoveLater(entry.Name);
            }

            _disk.RemovePending();
        }
    }

    /// <returns>Whether any went; their files are to be removed then, outside the lock.</returns>
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
