using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// What waits for one server, on disk and, where the disk refuses, in memory; the writer adds, the sender takes.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>A parcel leaves only when it is settled (<see cref="Complete"/>), given up and counted, or set aside.</item>
/// <item>There are two lanes: what was left behind (found at the start, or collected while the server was down), oldest first, and
/// what was collected while it is up. Within each the order is that of collection.</item>
/// <item>Bounds of bytes, files, age and memory are kept by giving up the oldest; the parcel that is being sent is never given up.</item>
/// </list>
/// <para>Disk is touched outside the lock, so that a sender never waits for a writer whose disk hangs.</para>
/// </summary>
internal sealed partial class SpoolQueue
{
    private readonly object _gate = new();
    private readonly LinkedList<SpoolEntry> _behind = new();
    private readonly LinkedList<SpoolEntry> _fresh = new();
    private readonly string _sink;
    private readonly SpoolOptions _options;
    private readonly SpoolDirectory? _directory;
    private readonly long _maxMemoryBytes;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly Outage _diskOutage, _overflow, _damage;

    // The writer's own.
    private bool _isOpen;
    private long _nextSequence = 1;
    private long _lastSyncMs;

    // Guarded by _gate.
    private SpoolEntry? _taken;
    private long _diskBytes, _memoryBytes;
    private long _droppedUnsaid;
    private bool _isServerDown, _wake, _stopping;

    // Files of parcels that are settled, which the disk did not let go of.
    private readonly List<SpoolFileName> _toRemove = [];

    /// <summary>Makes an empty queue; <see cref="Open"/> finds what a former run left.</summary>
    /// <param name="sink">The sink's name, for messages.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="directory">Where files go; null: nowhere, all waits in memory.</param>
    /// <param name="maxMemoryBytes">How many compressed bytes may wait in memory.</param>
    /// <param name="counters">Where it is counted.</param>
    /// <param name="logger">Where failures are said.</param>
    /// <param name="clock">The time.</param>
    internal SpoolQueue(string sink, SpoolOptions options, SpoolDirectory? directory, long maxMemoryBytes, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _sink = sink;
        _options = options;
        _directory = directory;
        _maxMemoryBytes = maxMemoryBytes;
        _counters = counters;
        _logger = logger;
        _diskOutage = new Outage(clock);
        _overflow = new Outage(clock);
        _damage = new Outage(clock);
    }

    /// <summary>How many parcels wait, the one that is being sent included.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return CountHeld();
        }
    }

    /// <summary>On the writer's thread, first: finds what a former run left.</summary>
    internal void Open()
    {
        if (_directory is null || _isOpen) return;
        int error = _directory.Open();
        if (error < 0)
        {
            DiskFailed(error);
            return;
        }

        if (!_directory.TryScan(out List<SpoolFile> found))
        {
            DiskFailed(-Errno.EIO);
            return;
        }

        _isOpen = true;
        long nowMs = Environment.TickCount64;
        DateTime utcNow = DateTime.UtcNow;
        long last = _directory.LastSequence();
        lock (_gate)
        {
            // What was collected before the directory could be opened comes after what is in it.
            foreach (SpoolEntry entry in Waiting()) entry.Name = entry.Name with { Sequence = entry.Name.Sequence + last };
            _nextSequence += last;
            long bytes = 0;
            for (int i = found.Count - 1; i >= 0; i--)
            {
                SpoolFile file = found[i];
                // A clock that was set back must not make files older than they are, nor one set forward younger than now.
                long ageMs = (long)Math.Max(0, (utcNow - file.ModifiedUtc).TotalMilliseconds);
                int compressedBytes = (int)Math.Min(int.MaxValue, file.FileBytes);
                _behind.AddFirst(new SpoolEntry { Name = file.Name, CompressedBytes = compressedBytes, CollectedMs = nowMs - ageMs });
                _diskBytes += compressedBytes;
                bytes += file.Name.LineBytes;
            }

            _counters.Queued(bytes);
            Trim();
            Publish();
            Monitor.PulseAll(_gate);
        }

        if (found.Count > 0) LogFound(_logger, _sink, found.Count, found.Sum(file => (long)file.Name.Points));
    }

    /// <summary>On the writer's thread: takes a parcel, to disk where possible. Never fails.</summary>
    /// <param name="compressed">Its lines, as one gzip stream; copied where they must stay in memory.</param>
    /// <param name="points">How many lines.</param>
    /// <param name="lineBytes">How many bytes they are; counted as queued already.</param>
    internal void Add(ReadOnlySpan<byte> compressed, int points, int lineBytes)
    {
        if (!_isOpen) Open();
        SpoolFileName name = new(_nextSequence++, points, lineBytes, Crc32C.Of(compressed));
        SpoolEntry entry = new() { Name = name, CompressedBytes = compressed.Length, CollectedMs = Environment.TickCount64 };
        int error = _isOpen ? WriteOrMakeRoom(name, compressed) : -Errno.ENOENT;
        if (error < 0) entry.Memory = compressed.ToArray();
        lock (_gate)
        {
            (_isServerDown ? _behind : _fresh).AddLast(entry);
            if (entry.Memory is null) _diskBytes += entry.CompressedBytes;
            else _memoryBytes += entry.CompressedBytes;
            Trim();
            Publish();
            Monitor.PulseAll(_gate);
        }

        if (error == 0) Spill();
        SyncWhereDue();
        SayDropped();
    }

    /// <summary>On the writer's thread, at the end: what waits in memory goes to disk where that works by now, and all is made durable.</summary>
    internal void Finish()
    {
        if (!_isOpen) Open();
        Spill();
        _directory?.SyncAll();
    }

    /// <summary>
    /// On the sender's thread: takes the next parcel, waiting for one. It is held until <see cref="Complete"/>,
    /// <see cref="PutBack"/>, <see cref="GiveUp"/> or <see cref="SetAside"/>.
    /// </summary>
    /// <param name="behindAllowedInMs">After how many milliseconds one that was left behind may be taken.</param>
    /// <param name="timeoutMs">How long to wait; -1: until there is one or <see cref="Wake"/> is called.</param>
    /// <param name="isBehind">Whether it was left behind.</param>
    /// <returns>Null after the time, or after <see cref="Wake"/>.</returns>
    internal SpoolEntry? Take(long behindAllowedInMs, long timeoutMs, out bool isBehind)
    {
        long startMs = Environment.TickCount64;
        lock (_gate)
        {
            while (true)
            {
                isBehind = false;
                if (_wake)
                {
                    _wake = false;
                    return null;
                }

                TrimByAge();
                long waitedMs = Environment.TickCount64 - startMs;
                LinkedList<SpoolEntry> lane = _fresh;
                if (_fresh.Count == 0 && _behind.Count > 0 && waitedMs >= behindAllowedInMs)
                {
                    lane = _behind;
                    isBehind = true;
                }

                if (lane.First is { } first)
                {
                    lane.RemoveFirst();
                    return _taken = first.Value;
                }

                long waitMs = _behind.Count > 0 ? behindAllowedInMs - waitedMs : -1;
                if (timeoutMs >= 0)
                {
                    long left = timeoutMs - waitedMs;
                    if (left <= 0) return null;
                    waitMs = waitMs < 0 ? left : Math.Min(left, waitMs);
                }

                if (_stopping) return null;
                // A bound of a minute, by which age is looked at also where nothing happens.
                Monitor.Wait(_gate, (int)Math.Clamp(waitMs < 0 ? 60_000 : waitMs, 1, 60_000));
            }
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
                Monitor.Wait(_gate, (int)Math.Min(left, 60_000));
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
            if (!isDown) return;
            while (_fresh.First is { } first)
            {
                _fresh.RemoveFirst();
                _behind.AddLast(first);
            }
        }
    }

    /// <summary>The compressed bytes of a parcel that was taken.</summary>
    /// <param name="entry">The parcel.</param>
    /// <param name="buffer">Where to, where they come from disk; made larger where it is too small.</param>
    /// <param name="bytes">They, in <paramref name="buffer"/> or in memory of their own.</param>
    internal SpoolRead Read(SpoolEntry entry, ref byte[] buffer, out ReadOnlyMemory<byte> bytes)
    {
        byte[]? memory;
        lock (_gate) memory = entry.Memory;
        if (memory is not null)
        {
            bytes = memory;
            return SpoolRead.Whole;
        }

        SpoolRead read = _directory!.Read(entry.Name, ref buffer, out int length, out int error);
        bytes = buffer.AsMemory(0, length);
        if (read == SpoolRead.Failed) DiskFailed(error);
        return read;
    }

    /// <summary>Lets go of a parcel of which every line is settled.</summary>
    internal void Complete(SpoolEntry entry)
    {
        int removed = entry.Memory is null ? _directory!.Remove(entry.Name) : 0;
        if (removed < 0 && removed != -Errno.ENOENT)
        {
            // If it is there still at the next start it will be sent once more, which changes nothing at the server.
            lock (_gate) _toRemove.Add(entry.Name);
            DiskFailed(removed);
        }

        Leave(entry);
    }

    /// <summary>Puts a parcel back to where it was: the oldest of its kind.</summary>
    /// <param name="entry">The parcel.</param>
    /// <param name="last">Whether all others go before it: it may be what the server cannot take.</param>
    internal void PutBack(SpoolEntry entry, bool last = false)
    {
        lock (_gate)
        {
            _taken = null;
            if (last)
            {
                _behind.AddLast(entry);
            }
            else
            {
                LinkedListNode<SpoolEntry>? after = _behind.First;
                while (after is not null && after.Value.Name.Sequence < entry.Name.Sequence) after = after.Next;
                if (after is null) _behind.AddLast(entry);
                else _behind.AddBefore(after, entry);
            }

            Publish();
        }
    }

    /// <summary>Puts back, after all others, the parcel that is taken, if one is.</summary>
    internal void PutBackTaken()
    {
        SpoolEntry? taken;
        lock (_gate) taken = _taken;
        if (taken is not null) PutBack(taken, last: true);
    }

    /// <summary>Lets go of a parcel that is not there any more; what was not settled of it is counted as dropped.</summary>
    internal void GiveUp(SpoolEntry entry)
    {
        _counters.Dropped(entry.UnsettledPoints);
        _counters.Queued(-entry.UnsettledBytes);
        if (_overflow.Failed(1)) LogRemoved(_logger, _sink, entry.Name.ToString(), entry.UnsettledPoints);
        Leave(entry);
    }

    /// <summary>Keeps a parcel's file under another name, and counts what was not settled of it as dropped or refused.</summary>
    internal void SetAside(SpoolEntry entry, string suffix, string reason)
    {
        bool refused = suffix == SpoolFileName.RefusedSuffix;
        if (refused) _counters.Refused(entry.UnsettledPoints);
        else _counters.Dropped(entry.UnsettledPoints);
        _counters.Queued(-entry.UnsettledBytes);
        _counters.Failed(refused ? SinkFailure.Refused : SinkFailure.SpoolDamaged);
        string path = "(memory)";
        if (entry.Memory is null)
        {
            int moved = _directory!.SetAside(entry.Name, suffix, _options.KeepDamaged, out path);
            if (moved < 0) DiskFailed(moved);
        }

        if (_damage.Failed(entry.Name.Sequence)) LogSetAside(_logger, _sink, entry.Name.ToString(), reason, path, entry.UnsettledPoints);
        Leave(entry);
    }

    /// <summary>At the end: gives up what is in memory only.</summary>
    /// <returns>How many points these were.</returns>
    internal long DropMemory()
    {
        long points = 0;
        lock (_gate)
        {
            foreach (LinkedList<SpoolEntry> lane in (LinkedList<SpoolEntry>[])[_behind, _fresh])
            {
                for (LinkedListNode<SpoolEntry>? node = lane.First; node is not null;)
                {
                    LinkedListNode<SpoolEntry> here = node;
                    node = node.Next;
                    if (here.Value.Memory is null) continue;
                    points += here.Value.UnsettledPoints;
                    Forget(lane, here);
                }
            }

            Publish();
        }

        return points;
    }

    private int CountHeld() => _behind.Count + _fresh.Count + (_taken is null ? 0 : 1);

    private IEnumerable<SpoolEntry> Waiting() => (_taken is { } taken ? [taken] : Enumerable.Empty<SpoolEntry>()).Concat(_behind).Concat(_fresh);

    private void Leave(SpoolEntry entry)
    {
        lock (_gate)
        {
            _taken = null;
            Subtract(entry);
            Publish();
        }
    }

    private void Subtract(SpoolEntry entry)
    {
        if (entry.Memory is null) _diskBytes -= entry.CompressedBytes;
        else _memoryBytes -= entry.CompressedBytes;
    }

    /// <summary>
    /// On a full disk the oldest goes, once memory is full as well; but no more than twice what is to be written, since
    /// somebody else may be filling the disk faster than that.
    /// </summary>
    private int WriteOrMakeRoom(SpoolFileName name, ReadOnlySpan<byte> compressed)
    {
        int error = _directory!.Write(name, compressed);
        long room = 2 * Blocks(compressed.Length);
        while (room > 0 && error is -Errno.ENOSPC or -Errno.EDQUOT)
        {
            lock (_gate)
            {
                if (_memoryBytes + compressed.Length <= _maxMemoryBytes) break;
                long before = _diskBytes;
                if (!TryDropOldest()) break;
                room -= Blocks(before - _diskBytes);
            }

            error = _directory.Write(name, compressed);
        }

        if (error < 0) DiskFailed(error);
        else DiskWorks();
        return error;
    }

    private static long Blocks(long bytes) => (bytes + 4095) / 4096 * 4096;

    /// <summary>Writes what waits in memory to disk, oldest first, until the disk refuses.</summary>
    private void Spill()
    {
        if (_directory is null || !_isOpen) return;
        RemoveSettled();
        while (true)
        {
            SpoolEntry? entry;
            lock (_gate)
            {
                if (_memoryBytes == 0) return;
                entry = _behind.Concat(_fresh).FirstOrDefault(waiting => waiting.Memory is not null);
            }

            if (entry is null) return;
            byte[] memory = entry.Memory!;
            int error = _directory.Write(entry.Name, memory);
            if (error < 0)
            {
                DiskFailed(error);
                return;
            }

            bool gone;
            lock (_gate)
            {
                // It may have been sent or given up meanwhile; then its file must not come back after a restart. The one
                // that is being sent stays in memory, because that is what its sender lets go of.
                gone = !_behind.Contains(entry) && !_fresh.Contains(entry);
                if (!gone)
                {
                    entry.Memory = null;
                    _memoryBytes -= entry.CompressedBytes;
                    _diskBytes += entry.CompressedBytes;
                    Publish();
                }
            }

            if (gone) _directory.Remove(entry.Name);
        }
    }

    private void RemoveSettled()
    {
        lock (_gate)
        {
            while (_toRemove.Count > 0)
            {
                int removed = _directory!.Remove(_toRemove[^1]);
                if (removed < 0 && removed != -Errno.ENOENT) return;
                _toRemove.RemoveAt(_toRemove.Count - 1);
            }
        }
    }

    private void SyncWhereDue()
    {
        if (_options.Sync != SpoolSync.Interval || _directory is null) return;
        long nowMs = Environment.TickCount64;
        if (nowMs - _lastSyncMs < _options.SyncInterval.TotalMilliseconds) return;
        _lastSyncMs = nowMs;
        int error = _directory.SyncAll();
        if (error < 0) DiskFailed(error);
    }

    private void Trim()
    {
        TrimByAge();
        while (_diskBytes > _options.MaxBytes && TryDropOldest(onDisk: true))
        {
        }

        while (_memoryBytes > _maxMemoryBytes && TryDropOldest(onDisk: false))
        {
        }

        while (CountHeld() > _options.MaxFiles && TryDropOldest())
        {
        }
    }

    private void TrimByAge()
    {
        if (_options.MaxAge <= TimeSpan.Zero) return;
        long bornBefore = Environment.TickCount64 - (long)_options.MaxAge.TotalMilliseconds;
        bool dropped = false;
        while (Oldest(null) is { } oldest && oldest.Node.Value.CollectedMs < bornBefore)
        {
            Drop(oldest.Lane, oldest.Node);
            dropped = true;
        }

        if (dropped) Publish();
    }

    private bool TryDropOldest(bool? onDisk = null)
    {
        if (Oldest(onDisk) is not { } oldest) return false;
        Drop(oldest.Lane, oldest.Node);
        return true;
    }

    private (LinkedList<SpoolEntry> Lane, LinkedListNode<SpoolEntry> Node)? Oldest(bool? onDisk)
    {
        foreach (LinkedList<SpoolEntry> lane in (LinkedList<SpoolEntry>[])[_behind, _fresh])
        {
            for (LinkedListNode<SpoolEntry>? node = lane.First; node is not null; node = node.Next)
            {
                if (onDisk is null || onDisk == (node.Value.Memory is null)) return (lane, node);
            }
        }

        return null;
    }

    private void Drop(LinkedList<SpoolEntry> lane, LinkedListNode<SpoolEntry> node)
    {
        SpoolEntry entry = node.Value;
        _droppedUnsaid += entry.UnsettledPoints;
        Forget(lane, node);
        // Under the lock, unlike other disk work: room must be there before the next file is written.
        if (entry.Memory is null) _directory!.Remove(entry.Name);
    }

    private void Forget(LinkedList<SpoolEntry> lane, LinkedListNode<SpoolEntry> node)
    {
        SpoolEntry entry = node.Value;
        lane.Remove(node);
        Subtract(entry);
        _counters.Dropped(entry.UnsettledPoints);
        _counters.Queued(-entry.UnsettledBytes);
    }

    private void Publish()
    {
        long oldestMs = long.MaxValue;
        if (_taken is { } taken) oldestMs = taken.CollectedMs;
        if (_behind.First is { } behind) oldestMs = Math.Min(oldestMs, behind.Value.CollectedMs);
        if (_fresh.First is { } fresh) oldestMs = Math.Min(oldestMs, fresh.Value.CollectedMs);
        _counters.Waiting(CountHeld(), _diskBytes, oldestMs == long.MaxValue ? null : TimeSpan.FromMilliseconds(Environment.TickCount64 - oldestMs));
    }

    private void SayDropped()
    {
        long points;
        lock (_gate) points = _droppedUnsaid;
        if (points == 0)
        {
            _overflow.Recovered(out _, out _);
            return;
        }

        if (!_overflow.Failed(0)) return;
        lock (_gate) _droppedUnsaid -= points;
        LogDropped(_logger, _sink, points);
    }

    private void DiskFailed(int error)
    {
        _counters.Failed(SinkFailure.Spool);
        // From both threads.
        lock (_diskOutage)
        {
            if (!_diskOutage.Failed(error)) return;
        }

        string path = _directory!.Path;
        (string problem, string remedy) = -error switch
        {
            Errno.EAGAIN => ("another agent has its lock", "Stop that one or give this one another path"),
            Errno.ENOSPC or Errno.EDQUOT => (Message(error), "Free some space there, or lower [spool] max_size"),
            Errno.ENOENT or Errno.ENOTDIR => ("its directory is missing", "Make or mount the directory above it"),
            Errno.EACCES or Errno.EPERM => (Message(error), "Let the agent's user write there"),
            Errno.EROFS => (Message(error), "Mount it for writing, or name it in the unit's ReadWritePaths="),
            _ => (Message(error), "See the kernel's log"),
        };
        LogDisk(_logger, _sink, path, problem, remedy, _maxMemoryBytes);
    }

    private void DiskWorks()
    {
        TimeSpan lasted;
        lock (_diskOutage)
        {
            if (!_diskOutage.Recovered(out lasted, out _)) return;
        }

        LogDiskWorks(_logger, _sink, _directory!.Path, lasted.TotalSeconds);
    }

    private static string Message(int error) => Marshal.GetPInvokeErrorMessage(-error);

    [LoggerMessage(EventId = 361, Level = LogLevel.Error, Message = "{Sink}: the spool {Path} cannot be used: {Problem}. {Remedy}. Meanwhile up to {Bytes} compressed bytes wait in memory, and would be lost if the agent were killed.")]
    private static partial void LogDisk(ILogger logger, string sink, string path, string problem, string remedy, long bytes);

    [LoggerMessage(EventId = 362, Level = LogLevel.Information, Message = "{Sink}: the spool {Path} works again, after {Seconds:0.0} s.")]
    private static partial void LogDiskWorks(ILogger logger, string sink, string path, double seconds);

    [LoggerMessage(EventId = 363, Level = LogLevel.Warning, Message = "{Sink}: {Points} points were dropped, oldest first: the spool has reached one of its bounds ([spool] max_size, max_files, max_age; memory_size of the sink).")]
    private static partial void LogDropped(ILogger logger, string sink, long points);

    [LoggerMessage(EventId = 364, Level = LogLevel.Error, Message = "{Sink}: the spool file {File} was set aside, {Reason}. It is {Path} now; {Points} points of it were not delivered.")]
    private static partial void LogSetAside(ILogger logger, string sink, string file, string reason, string path, int points);

    [LoggerMessage(EventId = 365, Level = LogLevel.Warning, Message = "{Sink}: the spool file {File} was removed by somebody else; {Points} points of it were not delivered.")]
    private static partial void LogRemoved(ILogger logger, string sink, string file, int points);

    [LoggerMessage(EventId = 366, Level = LogLevel.Information, Message = "{Sink}: {Files} files with {Points} points wait in the spool from a former run; they are sent oldest first.")]
    private static partial void LogFound(ILogger logger, string sink, int files, long points);
}
