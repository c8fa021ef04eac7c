using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.File;

/// <summary>
/// Appends lines to a file that other processes tail, and rotates it. <see cref="LineFile"/> and
/// docs/decisions/0005-whole-lines-only.md say what it guarantees to them through kill -9, a full disk and logrotate.
/// <para>
/// Before each batch it checks that the path still refers to the open file. So logrotate works with and without a signal,
/// with create and with copytruncate, and a moved directory is detected.
/// </para>
/// <para>
/// It rotates only before the first batch of a cycle, and only a file that was not written to for
/// <see cref="FileSinkOptions.RotateQuiet"/>. A tailer that reopens the path as soon as the file is renamed has read the old
/// file to its end by then. If the file is never quiet that long, the sink makes it quiet: it leaves new batches in the queue.
/// </para>
/// </summary>
internal sealed partial class FileSink : QueuedSink
{
    /// <summary>Bytes of the first write after the disk was full.</summary>
    private const int CautiousBytes = 4096;

    /// <summary>
    /// The sink makes a file quiet for at most one of so many parts of the time. Otherwise a file limit smaller than a cycle
    /// would slow it down so much that the queue overflows.
    /// </summary>
    private const int QuietShare = 10;

    private readonly FileSinkOptions _options;
    private readonly FileLocation _location;
    private readonly FileOwnership _ownership;
    private readonly RotationPolicy _policy;
    private readonly RotatedFiles _rotated;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly Outage _outage, _rotationOutage, _ownershipOutage, _replaced;

    private LineFile? _file;
    private bool _wasOpen, _diskWasFull, _cycleBegins = true;

    // Timestamps of the clock.
    private long _rotateNotBefore, _lastWrite, _waitNotBefore = long.MinValue;

    // Bytes of the running cycle, and of the largest one.
    private long _cycleBytes, _largestCycle;

    /// <summary>A sink for one file; <see cref="ISink.Start"/> opens it.</summary>
    /// <param name="options">Its section; the path is not <c>-</c>, which is <see cref="StandardOutputSink"/>.</param>
    /// <param name="logger">Logs failures, each once.</param>
    /// <param name="clock">The clock; null: the system's.</param>
    public FileSink(FileSinkOptions options, ILogger logger, TimeProvider? clock = null)
        : base("file:" + options.Name, options.QueueBytes, options.RetryInterval, logger, clock ?? TimeProvider.System)
    {
        _options = options;
        _logger = logger;
        _clock = clock ?? TimeProvider.System;
        _location = new FileLocation(options.Path);
        _ownership = new FileOwnership(options.Owner, options.Group);
        _policy = new RotationPolicy(options.RotateBytes, options.RotateAge, options.RotateKeep);
        _rotated = new RotatedFiles(Name, _location, _policy, Counters, logger, _clock);
        _outage = new Outage(_clock);
        _rotationOutage = new Outage(_clock);
        _ownershipOutage = new Outage(_clock);
        _replaced = new Outage(_clock);
    }

    private DateTime UtcNow => _clock.GetUtcNow().UtcDateTime;

    private protected override void Open()
    {
        // Otherwise a file size limit (RLIMIT_FSIZE) would kill the agent instead of failing the write.
        Libc.IgnoreSignal(Libc.SIGXFSZ);
        _rotated.Start(_options.RotateGzip);
        EnsureOpen();
    }

    private protected override void ReopenTarget()
    {
        CloseFile();
        EnsureOpen();
    }

    private protected override void Close()
    {
        CloseFile();
        _rotated.Stop();
    }

    private protected override DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered)
    {
        delivered = 0;
        while (delivered < rest.Length)
        {
            if (!EnsureOpen()) return DeliveryResult.Failed;
            ReadOnlySpan<byte> lines = rest[delivered..];
            // On a full disk in the middle of a cycle too: rotation removes an old file.
            if ((_cycleBegins || _diskWasFull) && RotateIfDue(_file!, lines.Length) && !EnsureOpen()) return DeliveryResult.Failed;
            LineFile file = _file!;

            int error = 0;
            int appended = 0;
            if (_diskWasFull)
            {
                lines = lines[..FirstLines(lines)];
                error = file.Reserve(lines.Length);
            }
            else if (file.IsSpaceScarce() && file.Reserve(lines.Length) < 0)
            {
                // A few lines may still fit.
                _diskWasFull = true;
                continue;
            }

            if (error == 0) error = file.Append(lines, out appended);
            delivered += appended;
            if (appended > 0) Written(appended);
            if (error < 0)
            {
                _diskWasFull = error is -Errno.ENOSPC or -Errno.EDQUOT or -Errno.EFBIG;
                Failed(new FileFault(FileStep.Write, -error));
                // On a full disk keep the file open: it may have an incomplete line that could not be truncated. After any
                // other error (read-only, stale, I/O error) reopen it.
                if (!_diskWasFull) CloseFile();
                return DeliveryResult.Failed;
            }
            _diskWasFull = false;
        }
        if (_outage.Recovered(out TimeSpan lasted, out long tries)) LogWorksAgain(_logger, Name, _location.Path, lasted.TotalSeconds, tries);
        return DeliveryResult.Done;
    }

    private protected override void OnCycleDelivered()
    {
        _cycleBegins = true;
        _largestCycle = Math.Max(_largestCycle, _cycleBytes);
        _cycleBytes = 0;
    }

    private void Written(int bytes)
    {
        _cycleBegins = false;
        _cycleBytes += bytes;
        _lastWrite = _clock.GetTimestamp();
    }

    private static int FirstLines(ReadOnlySpan<byte> lines)
    {
        if (lines.Length <= CautiousBytes) return lines.Length;
        int whole = lines[..CautiousBytes].LastIndexOf((byte)'\n') + 1;
        return whole > 0 ? whole : lines.IndexOf((byte)'\n') + 1;
    }

    /// <summary>Makes sure that the file at the path is open and ends in a whole line.</summary>
    private bool EnsureOpen()
    {
        if (_file is { } open)
        {
            if (open.IsStillInPlace()) return true;
            if (_replaced.Failed(0)) LogReplaced(_logger, Name, _location.Path);
            _replaced.Recovered(out _, out _);
            CloseFile();
        }

        LineFile? file = OpenFile(out FileFault fault);
        if (file is { TornBytes: > 0 }) file = Repair(file, out fault);
        if (file is null)
        {
            Failed(fault);
            return false;
        }
        _file = file;
        _wasOpen = true;
        // Another process, perhaps the agent before this one, may have written to it just now.
        if (!file.IsNew) _lastWrite = _clock.GetTimestamp();
        return true;
    }

    private LineFile? OpenFile(out FileFault fault)
    {
        LineFile? file = LineFile.Open(_location, _options.Mode, UtcNow, out fault);
        if (file is null && fault == new FileFault(FileStep.Open, Errno.ENOENT) && TryMakeDirectory())
            file = LineFile.Open(_location, _options.Mode, UtcNow, out fault);
        if (file is { IsNew: true } && _ownership.IsSet) SetOwnership(file);
        return file;
    }

    /// <summary>
    /// Creates the last directory of the path, but only before the file was opened for the first time. If the directory
    /// disappears later, somebody has moved or unmounted it, and must not find another one in its place.
    /// </summary>
    private bool TryMakeDirectory()
    {
        if (_wasOpen) return false;
        if (_location.MakeDirectory() < 0) return false;
        if (_ownership.IsSet && _ownership.Resolve(out int user, out int group) is null)
            Libc.Fchownat(Libc.AT_FDCWD, _location.DirectoryWithNul, user, group);
        return true;
    }

    private void SetOwnership(LineFile file)
    {
        string? problem = _ownership.Resolve(out int user, out int group);
        if (user != FileOwnership.Unset || group != FileOwnership.Unset)
        {
            int given = file.SetOwner(user, group);
            if (given < 0) problem ??= Message(-given);
        }
        if (problem is null) return;
        Counters.Failed();
        if (!_ownership.CannotLookUp && _ownershipOutage.Failed(0)) LogOwnership(_logger, Name, _location.Path, problem);
    }

    /// <summary>
    /// Renames a file that ends in an incomplete line, truncates the incomplete line there, and starts a new file. Otherwise a
    /// reader that has already read the incomplete line would join it with the next bytes.
    /// </summary>
    private LineFile? Repair(LineFile torn, out FileFault fault)
    {
        long tornBytes = torn.TornBytes;
        // Its writer may have been killed just now, before a tailer has read the lines before the incomplete one.
        _lastWrite = _clock.GetTimestamp();
        WaitUntilQuiet();
        if (_rotated.MoveToRotated(UtcNow, out string aside) == 0)
        {
            // Without any LF near its end it may be another program's file, configured by mistake: keep it unchanged.
            if (torn.WholeLinesEnd >= 0 && torn.RemoveTornLine() < 0) Counters.RotationFailed();
            torn.Dispose();
            LogRepaired(_logger, Name, _location.Path, tornBytes, aside);
            _rotated.PruneAndCompress(keepAtLeast: 1);
            return OpenFile(out fault);
        }

        // The file cannot be renamed: it is a bind mount itself, or its directory is not writable.
        bool mayBeForeign = torn.WholeLinesEnd < 0 && torn.Size > LineFile.MaxLineBytes;
        int trimmed = mayBeForeign ? -Errno.EINVAL : torn.RemoveTornLine();
        if (trimmed == 0)
        {
            LogTrimmed(_logger, Name, _location.Path, tornBytes);
            fault = default;
            return torn;
        }
        torn.Dispose();
        fault = new FileFault(FileStep.Repair, -trimmed);
        return null;
    }

    /// <summary>Rotates a file that is due, as soon as it is quiet. Otherwise the file grows, which is better than lost lines.</summary>
    /// <returns>Whether the file at the path may be another one now.</returns>
    private bool RotateIfDue(LineFile file, int batchBytes)
    {
        if (file.IsMidLine || _clock.GetTimestamp() < _rotateNotBefore) return false;
        if (!_policy.IsDue(file.Size, UtcNow - file.Birth, _cycleBegins ? Math.Max(batchBytes, _largestCycle) : batchBytes)) return false;
        if (!WaitUntilQuiet()) return false;
        // Another process may have moved it during the wait.
        if (file.IsStillInPlace()) TryRotate(file);
        return true;
    }

    /// <returns>Whether the file has been quiet for long enough.</returns>
    private bool WaitUntilQuiet()
    {
        long now = _clock.GetTimestamp();
        TimeSpan left = _options.RotateQuiet - _clock.GetElapsedTime(_lastWrite, now);
        if (left <= TimeSpan.Zero) return true;
        if (now < _waitNotBefore) return false;
        _waitNotBefore = now + Timestamps(_options.RotateQuiet * QuietShare);
        return WaitUndisturbed(left);
    }

    private long Timestamps(TimeSpan time) => (long)(time.TotalSeconds * _clock.TimestampFrequency);

    private void TryRotate(LineFile old)
    {
        long now = _clock.GetTimestamp();
        int error = _rotated.MoveToRotated(UtcNow, out string aside);
        if (error == 0)
        {
            LineFile? next = OpenFile(out FileFault fault);
            if (next is { TornBytes: 0 })
            {
                old.Dispose();
                _file = next;
                // So that it follows a host that has fewer containers now.
                _largestCycle /= 2;
                if (_rotationOutage.Recovered(out _, out _)) LogRotatesAgain(_logger, Name, _location.Path);
                _rotated.PruneAndCompress();
                return;
            }
            // The old file is still open under its new name. If it cannot be renamed back, EnsureOpen starts a new file.
            next?.Dispose();
            error = fault.Errno > 0 ? -fault.Errno : -Errno.EIO;
            _rotated.UndoMove(aside);
        }
        Counters.RotationFailed();
        _rotateNotBefore = now + Timestamps(_options.RetryInterval);
        if (_rotationOutage.Failed(error)) LogNotRotated(_logger, Name, _location.Path, Message(-error));
    }

    private void CloseFile()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Failed(FileFault fault)
    {
        Counters.Failed();
        if (!_outage.Failed(fault.Kind)) return;
        (string problem, string remedy) = fault switch
        {
            { Step: FileStep.NotARegularFile } => ("it is not a regular file", "Set path to a regular file, or to - for standard output"),
            { Step: FileStep.SymbolicLink } => ("it is a symbolic link, which the agent does not follow", "Set path to the file that the link names, or remove the link"),
            { Step: FileStep.Locked } => ("another process, perhaps a second agent, has locked it", "Stop that process or change path"),
            { Step: FileStep.Repair } => ("it ends in an incomplete line that cannot be removed: " + Message(fault.Errno), "Move the file away"),
            { Errno: Errno.ENOSPC or Errno.EDQUOT } => (Message(fault.Errno), "Free some disk space"),
            { Errno: Errno.EFBIG } => (Message(fault.Errno), "Lower rotate_size or raise the limit of file sizes"),
            { Errno: Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.EPERM } when KernelFileSystem.Of(_location.Directory) is { } type =>
                ($"{_location.Directory} is in {type}, a file system of the kernel that holds no other files", "Set path to a file in another directory"),
            { Errno: Errno.ENOTDIR } => ("a part of its path is not a directory", "Set path to a file in a directory"),
            { Errno: Errno.ENAMETOOLONG } => (Message(fault.Errno), "Set path to a shorter name"),
            { Errno: Errno.ENOENT } => ("its directory is missing", "Create or mount " + _location.Directory),
            { Errno: Errno.EACCES or Errno.EPERM } => (Message(fault.Errno), "Give the agent's user write permission"),
            { Errno: Errno.EROFS } => (Message(fault.Errno), "Mount the file system for writing, or add the path to the unit's ReadWritePaths="),
            _ => (Message(fault.Errno), "Check the kernel log"),
        };
        LogFailed(_logger, Name, _location.Path, problem, remedy, _options.QueueBytes, _options.RetryInterval.TotalSeconds);
    }

    private static string Message(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    [LoggerMessage(EventId = 311, Level = LogLevel.Error, Message = "{Sink}: cannot write to {Path}: {Problem}. {Remedy}. The agent tries again every {Seconds} s and queues up to {QueueBytes} bytes (queue_size) until then.")]
    private static partial void LogFailed(ILogger logger, string sink, string path, string problem, string remedy, long queueBytes, double seconds);

    [LoggerMessage(EventId = 312, Level = LogLevel.Information, Message = "{Sink}: writing to {Path} works again after {Seconds:0.0} s and {Tries} failed attempts.")]
    private static partial void LogWorksAgain(ILogger logger, string sink, string path, double seconds, long tries);

    [LoggerMessage(EventId = 313, Level = LogLevel.Information, Message = "{Sink}: another process moved, removed or changed {Path}; the agent opens it again.")]
    private static partial void LogReplaced(ILogger logger, string sink, string path);

    [LoggerMessage(EventId = 314, Level = LogLevel.Warning, Message = "{Sink}: {Path} ended in an incomplete line of {Bytes} bytes because its writer was killed. It is now {Aside}, and a new file was started.")]
    private static partial void LogRepaired(ILogger logger, string sink, string path, long bytes, string aside);

    [LoggerMessage(EventId = 315, Level = LogLevel.Warning, Message = "{Sink}: {Path} ended in an incomplete line of {Bytes} bytes because its writer was killed. The file cannot be renamed, so the incomplete line was cut off in place.")]
    private static partial void LogTrimmed(ILogger logger, string sink, string path, long bytes);

    [LoggerMessage(EventId = 316, Level = LogLevel.Warning, Message = "{Sink}: cannot rotate {Path}: {Problem}. The file keeps growing until rotation works; no line is lost.")]
    private static partial void LogNotRotated(ILogger logger, string sink, string path, string problem);

    [LoggerMessage(EventId = 317, Level = LogLevel.Information, Message = "{Sink}: rotation of {Path} works again.")]
    private static partial void LogRotatesAgain(ILogger logger, string sink, string path);

    [LoggerMessage(EventId = 318, Level = LogLevel.Error, Message = "{Sink}: cannot set owner and group of {Path}: {Problem}. Lines are written to it nevertheless.")]
    private static partial void LogOwnership(ILogger logger, string sink, string path, string problem);
}
