using System.Globalization;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Http;

/// <summary>
/// Sends the spool files of a sink's queue, one after another (<see cref="ISpoolDelivery"/>), and decides when the next one is
/// sent: live files at once (OTLP: when no older one waits), the backlog at a limited rate, and after a failure only after a pause.
/// <list type="bullet">
/// <item>A spool file is removed only when each of its points is acknowledged: stored by the server or permanently refused.</item>
/// <item>Acknowledged points are not sent again. After a kill of the agent the whole spool file is sent again. Its points
/// overwrite themselves, except for deltas of OTLP, which count twice.</item>
/// </list>
/// </summary>
internal sealed partial class SpoolSender
{
    /// <summary>A spool file is set aside after this many refusals if the server accepted others meanwhile.</summary>
    private const int MaxRefusalsOfFile = 3;

    /// <summary>A spool file is set aside after this many failed reads if others could be read meanwhile.</summary>
    private const int MaxReadsOfFile = 3;

    /// <summary>
    /// If files are sent by age, a refused file delays all files behind it. So this many refusals after an accepted request cause no
    /// pause. A server that refuses everything gets no more requests than this without a pause.
    /// </summary>
    private const int MaxRefusalsWithoutPause = 20;

    /// <summary>If files are sent by age, a file goes behind the others after this many failures of the server, because it may be their cause.</summary>
    private const int MaxFailuresAtHead = 3;

    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(15);

    private readonly string _name;
    private readonly HttpSinkOptions _options;
    private readonly SpoolQueue _queue;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ISpoolDelivery _delivery;
    private readonly Backoff _backoff;
    private readonly ReplayRate _replay;
    private readonly Outage _outage, _defects;
    private readonly CancellationTokenSource _cancel = new();

    private Thread? _thread;
    private byte[] _buffer = [];
    private volatile bool _stopping, _reload;
    private bool _isDown;
    private int _refusalsWithoutPause;
    private long _filesRead;
    private long _loggedDownAt;

    /// <param name="name">The sink's name, for messages.</param>
    /// <param name="options">The sink's section.</param>
    /// <param name="delivery">The protocol; disposed of when the thread ends.</param>
    /// <param name="queue">The spool files.</param>
    /// <param name="counters">Counts failures and retries.</param>
    /// <param name="logger">Logs outages.</param>
    /// <param name="clock">The time.</param>
    internal SpoolSender(string name, HttpSinkOptions options, ISpoolDelivery delivery, SpoolQueue queue, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _name = name;
        _options = options;
        _queue = queue;
        _counters = counters;
        _logger = logger;
        _clock = clock;
        _delivery = delivery;
        _backoff = new Backoff(options.RetryInterval, options.RetryIntervalMax);
        _replay = new ReplayRate(options.ReplayBytesPerSecond, Environment.TickCount64);
        _outage = new Outage(clock);
        _defects = new Outage(clock);
    }

    /// <summary>Starts its thread.</summary>
    internal void Start()
    {
        _thread = new Thread(Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "send " + _options.Name };
        _thread.Start();
    }

    /// <summary>Makes it read secrets and certificates again and try at once. Returns at once.</summary>
    internal void Reload()
    {
        _reload = true;
        _queue.Wake();
    }

    /// <summary>Sends the live spool files while the server accepts them and time is left; then stops the thread.</summary>
    internal void Stop(TimeSpan timeout)
    {
        _stopping = true;
        _queue.Stop();
        _cancel.CancelAfter(timeout);
        // A cancelled request returns almost at once.
        _thread?.Join(timeout + TimeSpan.FromMilliseconds(150));
    }

    private void Run()
    {
        if (!_options.TlsVerify) LogNotVerified(_logger, _name);
        bool isRunning = true;
        while (isRunning)
        {
            try
            {
                isRunning = TryStep();
            }
            catch (Exception e)
            {
                // A bug of the agent, perhaps triggered by this spool file: send the others first.
                _counters.Failed();
                _counters.MarkDown();
                if (_defects.Failed(0)) LogDefect(_logger, _name, e);
                _queue.RequeueInFlight();
                _queue.Pause(_backoff.LongPause());
                isRunning = !_stopping;
            }
        }

        _delivery.Dispose();
    }

    /// <returns>False when the thread must stop.</returns>
    private bool TryStep()
    {
        if (_reload)
        {
            _reload = false;
            _delivery.Reload();
            _delivery.ForgetBodyLimit();
        }

        // Read before the wait: a wait that Stop ends is followed by one without a rate limit, for files that are only in memory.
        bool stopping = _stopping;
        // While the server is down the oldest file is tried; the pause between attempts is limit enough.
        long backlogDelayMs = _isDown || stopping ? 0 : _replay.WaitMs(Environment.TickCount64);
        SpoolEntry? entry = _queue.Dequeue(backlogDelayMs, timeoutMs: -1, out bool isBacklog);
        if (entry is null) return !stopping;
        // At the stop send only live files and those that would be lost; the rest is on disk.
        if (_stopping && (_isDown || (isBacklog && entry.Memory is null) || _cancel.IsCancellationRequested))
        {
            _queue.Requeue(entry);
            return false;
        }

        SpoolReadResult read = _queue.Read(entry, ref _buffer, out ReadOnlyMemory<byte> compressed);
        switch (read)
        {
            case SpoolReadResult.Missing:
                _queue.DropMissing(entry);
                return true;
            case SpoolReadResult.Damaged:
                _queue.SetAside(entry, SpoolFileName.DamagedSuffix, "its bytes have changed since it was written (truncated or overwritten)");
                return true;
            case SpoolReadResult.Failed:
                OnReadFailure(entry);
                return true;
        }

        if (entry.Memory is null) _filesRead++;

        if (isBacklog) _replay.Consume(entry.UnacknowledgedBytes);
        ServerAnswer? failure = _delivery.Send(entry, compressed, _cancel.Token, out bool isDamaged);
        if (isDamaged)
        {
            _queue.SetAside(entry, SpoolFileName.DamagedSuffix, "it does not contain the points that its name describes");
            return true;
        }

        if (failure is null)
        {
            _queue.Complete(entry);
            OnSuccess();
            return true;
        }

        return OnFailure(entry, failure);
    }

    /// <summary>The cause may be the disk or only this file, so the others are tried first.</summary>
    private void OnReadFailure(SpoolEntry entry)
    {
        if (entry.ReadFailures++ == 0) entry.FilesReadAtFirstFailure = _filesRead;
        if (entry.ReadFailures >= MaxReadsOfFile && _filesRead > entry.FilesReadAtFirstFailure)
        {
            _queue.SetAside(entry, SpoolFileName.DamagedSuffix, $"it could not be read {entry.ReadFailures} times while other files could");
            return;
        }

        _queue.Requeue(entry, last: true);
        _queue.Pause(_backoff.LongPause());
    }

    private void OnSuccess()
    {
        _counters.MarkUp();
        _backoff.Reset();
        _refusalsWithoutPause = MaxRefusalsWithoutPause;
        if (!_isDown) return;
        _isDown = false;
        _delivery.OnRecovered();
        // It may have restarted with another limit.
        _delivery.ForgetBodyLimit();
        _queue.SetServerDown(false);
        if (_outage.Recovered(out TimeSpan lasted, out long tries))
            LogWorks(_logger, _name, lasted.TotalSeconds, tries, _queue.Count, _counters.QueuedBytes, ReplayRate(_options.ReplayBytesPerSecond));
    }

    /// <returns>False when the thread must stop.</returns>
    private bool OnFailure(SpoolEntry entry, ServerAnswer answer)
    {
        if (answer.Kind == AnswerKind.Cancelled)
        {
            _queue.Requeue(entry);
            return false;
        }

        _counters.Failed(AnswerFailure.Of(answer.Kind));
        if (answer.Kind == AnswerKind.LinesRefused)
        {
            _queue.SetAside(entry, SpoolFileName.RefusedSuffix, $"the server refused it permanently ({answer.Reason})");
            return true;
        }

        bool isSuspect = answer.Kind is AnswerKind.RequestRefused or AnswerKind.TooLarge;
        if (isSuspect)
        {
            if (entry.Refusals++ == 0) entry.SentAtFirstRefusal = _counters.SentPoints;
            if (entry.Refusals >= MaxRefusalsOfFile && _counters.SentPoints > entry.SentAtFirstRefusal)
            {
                _queue.SetAside(entry, SpoolFileName.RefusedSuffix, $"the server refused it {entry.Refusals} times while it accepted others ({answer.Reason})");
                return true;
            }
        }

        if (isSuspect && _queue.IsOldestFirst && !_isDown && !_stopping && _queue.Count > 1 && _refusalsWithoutPause-- > 0)
        {
            _queue.Requeue(entry, last: true);
            _counters.Retried();
            return true;
        }

        bool isLast = isSuspect || (_queue.IsOldestFirst && answer.Kind == AnswerKind.ServerFailed && answer.Status == 500 && ++entry.ServerFailures % MaxFailuresAtHead == 0);

        // Before the requeue, so that live files are in the backlog when it returns there.
        _isDown = true;
        _queue.SetServerDown(true);
        // If files are sent by age, it also goes behind the files of the pause, which show whether the server accepts others.
        bool isRequeuedAfterPause = isLast && _queue.IsOldestFirst && !_stopping;
        if (!isRequeuedAfterPause) _queue.Requeue(entry, last: isLast);
        _counters.MarkDown();
        if (_stopping && !isRequeuedAfterPause) return false;

        TimeSpan pause = answer.Kind switch
        {
            // A Retry-After of zero or in the past must not cause attempts without a pause.
            _ when answer.RetryAfter is { } asked && asked > TimeSpan.Zero => _backoff.RetryAfterDelay(asked < _options.RetryAfterMax ? asked : _options.RetryAfterMax),
            AnswerKind.Throttled or AnswerKind.ServerFailed or AnswerKind.Unreachable or AnswerKind.TimedOut => _backoff.Next(),
            _ => _backoff.LongPause(),
        };
        if (_delivery.TryRepair(answer, _cancel.Token))
        {
            if (isRequeuedAfterPause) _queue.Requeue(entry, last: true);
            return true;
        }

        ReportFailure(answer, pause);
        _queue.Pause(pause);
        if (isRequeuedAfterPause) _queue.Requeue(entry, last: true);
        _counters.Retried();
        return true;
    }

    private void ReportFailure(ServerAnswer answer, TimeSpan pause)
    {
        bool remind = _isDown && _loggedDownAt != 0 && _clock.GetElapsedTime(_loggedDownAt) >= Reminder;
        if (!_outage.Failed((long)answer.Kind) && !remind) return;
        _loggedDownAt = _clock.GetTimestamp();
        LogDown(_logger, _name, _options.Url, answer.Reason, Remedy(answer.Kind), _counters.Down.TotalSeconds, pause.TotalSeconds,
            _queue.Count, _counters.QueuedBytes, _counters.QueuedAge.TotalSeconds, _counters.DroppedPoints);
    }

    private string Remedy(AnswerKind kind) => _delivery.Remedy(kind) ?? kind switch
    {
        AnswerKind.ServerRefused => "Check the limits of the server",
        AnswerKind.TlsFailed => "Check tls_ca_file and the host name in url",
        AnswerKind.NotConfigured => "Check the files that the section names",
        _ => "Restore the server or the connection to it",
    };

    [LoggerMessage(EventId = 351, Level = LogLevel.Error, Message = "{Sink}: cannot deliver points to {Url}: {Reason}. {Remedy}. Down for {DownSeconds:0} s, next attempt in {PauseSeconds:0.0} s; {Files} spool files with {Bytes} bytes of lines wait, the oldest for {AgeSeconds:0} s; {Dropped} points dropped so far.")]
    private static partial void LogDown(
        ILogger logger, string sink, string url, string reason, string remedy, double downSeconds, double pauseSeconds, int files, long bytes, double ageSeconds, long dropped);

    private static string ReplayRate(long bytesPerSecond) =>
        bytesPerSecond == 0 ? "without a limit" : string.Create(CultureInfo.InvariantCulture, $"at most {bytesPerSecond} bytes a second");

    [LoggerMessage(EventId = 352, Level = LogLevel.Information, Message = "{Sink}: delivery works again after {Seconds:0.0} s and {Tries} failed attempts; {Files} spool files with {Bytes} bytes of lines are left to send, {Rate} (replay_rate).")]
    private static partial void LogWorks(ILogger logger, string sink, double seconds, long tries, int files, long bytes, string rate);

    [LoggerMessage(EventId = 357, Level = LogLevel.Critical, Message = "{Sink}: bug in the agent; please report it. The agent tries again, and points stay in the spool.")]
    private static partial void LogDefect(ILogger logger, string sink, Exception e);

    [LoggerMessage(EventId = 358, Level = LogLevel.Warning, Message = "{Sink}: TLS CERTIFICATES ARE NOT VERIFIED (tls_verify = off). Anyone between this host and the server can read and change the data, including the token.")]
    private static partial void LogNotVerified(ILogger logger, string sink);
}
