using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// A sink's spool directory; counts and logs its failures. Without a directory every write fails. The caller must not hold a
/// lock, because a call blocks as long as the disk hangs.
/// </summary>
internal sealed partial class SpoolDisk
{
    // Usual block size: a file occupies at least one block.
    private const int BlockBytes = 4096;

    private readonly string _sink;
    private readonly SpoolOptions _options;
    private readonly ISpoolFiles? _files;
    private readonly long _maxMemoryBytes;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly Outage _outage;

    // Files to remove, and those that could not be removed. Both guarded by _toRemove, which is never held during disk access.
    private readonly List<SpoolFileName> _toRemove = [];
    private readonly Queue<SpoolFileName> _notRemoved = new();

    // Used by the writer only.
    private long _lastSyncMs;

    internal SpoolDisk(string sink, SpoolOptions options, ISpoolFiles? files, long maxMemoryBytes, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _sink = sink;
        _options = options;
        _files = files;
        _maxMemoryBytes = maxMemoryBytes;
        _counters = counters;
        _logger = logger;
        _outage = new Outage(clock);
    }

    /// <summary>Whether the directory was opened and the files of an earlier run were found.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>On the writer's thread: opens the directory and lists the files of an earlier run, oldest first.</summary>
    /// <returns>Whether this call opened it.</returns>
    internal bool TryOpen(out List<SpoolFile> found, out long lastSequence)
    {
        found = [];
        lastSequence = 0;
        if (_files is null || IsOpen) return false;
        int error = _files.Open();
        if (error == 0 && !_files.TryScan(out found)) error = -Errno.EIO;
        if (error < 0)
        {
            Failed(error);
            return false;
        }

        lastSequence = _files.LastSequence();
        IsOpen = true;
        if (found.Count > 0) LogFound(_logger, _sink, found.Count, found.Sum(file => (long)file.Name.Points));
        return true;
    }

    /// <summary>On the writer's thread: writes a file. The caller reports the result by <see cref="Failed"/> or <see cref="Works"/>.</summary>
    /// <returns>0, or -errno.</returns>
    internal int Write(SpoolFileName name, ReadOnlySpan<byte> bytes) => IsOpen ? _files!.Write(name, bytes) : -Errno.ENOENT;

    /// <summary>Reads a file.</summary>
    internal SpoolReadResult Read(SpoolFileName name, ref byte[] buffer, out int length)
    {
        SpoolReadResult read = _files!.Read(name, ref buffer, out length, out int error);
        if (read == SpoolReadResult.Failed) Failed(error);
        return read;
    }

    /// <summary>Schedules the removal of a file, without disk access.</summary>
    internal void RemoveLater(SpoolFileName name)
    {
        lock (_toRemove) _toRemove.Add(name);
    }

    /// <summary>
    /// Removes the files of <see cref="RemoveLater"/>. A file that cannot be removed is kept for <see cref="RetryRemovals"/>. If it
    /// still exists at the next start, it is sent again, which changes nothing on the server.
    /// </summary>
    internal void RemovePending()
    {
        SpoolFileName[] names;
        lock (_toRemove)
        {
            if (_toRemove.Count == 0) return;
            names = [.. _toRemove];
            _toRemove.Clear();
        }

        foreach (SpoolFileName name in names) TryRemove(name);
    }

    /// <summary>Retries failed removals until one fails again.</summary>
    internal void RetryRemovals()
    {
        RemovePending();
        SpoolFileName name;
        do
        {
            lock (_toRemove)
            {
                if (!_notRemoved.TryDequeue(out name)) return;
            }
        }
        while (TryRemove(name));
    }

    private bool TryRemove(SpoolFileName name)
    {
        int removed = _files!.Remove(name);
        if (removed >= 0 || removed == -Errno.ENOENT) return true;
        lock (_toRemove) _notRemoved.Enqueue(name);
        Failed(removed);
        return false;
    }

    /// <summary>Renames a file so that it is kept but not sent.</summary>
    /// <returns>Its new path.</returns>
    internal string SetAside(SpoolFileName name, string suffix)
    {
        int moved = _files!.SetAside(name, suffix, _options.KeepDamaged, out string path);
        if (moved < 0) Failed(moved);
        return path;
    }

    /// <summary>On the writer's thread: syncs written files if the interval has passed.</summary>
    internal void SyncWhereDue()
    {
        if (_options.Sync != SpoolSync.Interval || _files is null) return;
        long nowMs = Environment.TickCount64;
        if (nowMs - _lastSyncMs < _options.SyncInterval.TotalMilliseconds) return;
        _lastSyncMs = nowMs;
        int error = _files.SyncAll();
        if (error < 0) Failed(error);
    }

    /// <summary>On the writer's thread: syncs written files.</summary>
    internal void SyncAll() => _files?.SyncAll();

    /// <summary>Counts a failure, and logs it if it is new.</summary>
    internal void Failed(int error)
    {
        _counters.Failed(SinkFailure.Spool);
        // Called by both threads.
        lock (_outage)
        {
            if (!_outage.Failed(error)) return;
        }

        (string problem, string remedy) = -error switch
        {
            Errno.EAGAIN => ("another agent has locked it", "Stop that agent or change path of [spool]"),
            Errno.ENOSPC or Errno.EDQUOT => (Message(error), "Free some disk space, or lower [spool] max_size"),
            Errno.ENOENT or Errno.ENOTDIR => ("its directory is missing", "Create or mount its parent directory"),
            Errno.EACCES or Errno.EPERM => (Message(error), "Give the agent's user write permission"),
            Errno.EROFS => (Message(error), "Mount the file system for writing, or add the path to the unit's ReadWritePaths="),
            _ => (Message(error), "Check the kernel log"),
        };
        LogDisk(_logger, _sink, _files?.Path ?? _options.Path, problem, remedy, _maxMemoryBytes);
    }

    /// <summary>Records a successful write; logs the recovery if a failure was logged.</summary>
    internal void Works()
    {
        TimeSpan lasted;
        lock (_outage)
        {
            if (!_outage.Recovered(out lasted, out _)) return;
        }

        LogDiskWorks(_logger, _sink, _files!.Path, lasted.TotalSeconds);
    }

    /// <summary>Disk space of a file of this size, in bytes.</summary>
    internal static long Blocks(long bytes) => (bytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    private static string Message(int error) => Marshal.GetPInvokeErrorMessage(-error);

    [LoggerMessage(EventId = 361, Level = LogLevel.Error, Message = "{Sink}: cannot use the spool {Path}: {Problem}. {Remedy}. Until then up to {Bytes} compressed bytes (memory_size) wait in memory; they are lost if the agent is killed.")]
    private static partial void LogDisk(ILogger logger, string sink, string path, string problem, string remedy, long bytes);

    [LoggerMessage(EventId = 362, Level = LogLevel.Information, Message = "{Sink}: the spool {Path} works again after {Seconds:0.0} s.")]
    private static partial void LogDiskWorks(ILogger logger, string sink, string path, double seconds);

    [LoggerMessage(EventId = 366, Level = LogLevel.Information, Message = "{Sink}: found {Files} spool files with {Points} points from an earlier run; they are sent oldest first.")]
    private static partial void LogFound(ILogger logger, string sink, int files, long points);
}
