using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// Posts what waits in a sink's queue, one parcel after another, and decides by the meaning of each answer what becomes of it.
/// <list type="bullet">
/// <item>A parcel is removed only when each of its lines is settled: taken by the server, or refused by it for good.</item>
/// <item>A line is given up only where the server named it, or refused it by itself while it took others of ours; anything else
/// may be the fault of the request, the configuration or something in between, and is kept.</item>
/// <item>What is settled of a parcel is never sent again (unless the agent is killed: then the parcel is sent whole, and points
/// of the same time overwrite themselves).</item>
/// </list>
/// </summary>
internal sealed partial class InfluxSender
{
    /// <summary>After how many refusals of single pieces, none of them taken, a parcel is left for later.</summary>
    private const int MaxRefusalsWithoutProof = 32;

    /// <summary>After how many such rounds a parcel is set aside, where the server took others meanwhile.</summary>
    private const int MaxRefusalsOfParcel = 3;

    /// <summary>With fewer lines of a parcel refused, what comes after one of them is tried whole.</summary>
    private const int FewRefusedLines = 4;

    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(15);

    private readonly string _name;
    private readonly InfluxSinkOptions _options;
    private readonly SpoolQueue _queue;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly IInfluxClient _client;
    private readonly RefusedFile _refused;
    private readonly Backoff _backoff;
    private readonly ReplayRate _replay;
    private readonly Outage _outage, _refusal, _refusedFileOutage;
    private readonly CancellationTokenSource _cancel = new();

    private Thread? _thread;
    private byte[] _buffer = [];
    private volatile bool _stopping, _reload;
    private bool _isDown, _hasCreated;
    private long _saidDownAt;

    // How many bytes of lines a body may have, as far as the server has told by refusing more.
    private int _maxBodyLineBytes = int.MaxValue;

    internal InfluxSender(string name, InfluxSinkOptions options, IInfluxClient client, SpoolQueue queue, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _name = name;
        _options = options;
        _queue = queue;
        _counters = counters;
        _logger = logger;
        _clock = clock;
        _client = client;
        _refused = new RefusedFile(options.RefusedFile, options.RefusedFileBytes);
        _backoff = new Backoff(options.RetryInterval, options.RetryIntervalMax);
        _replay = new ReplayRate(options.ReplayBytesPerSecond, Environment.TickCount64);
        _outage = new Outage(clock);
        _refusal = new Outage(clock);
        _refusedFileOutage = new Outage(clock);
    }

    /// <summary>Starts its thread.</summary>
    internal void Start()
    {
        _thread = new Thread(Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "send " + _options.Name };
        _thread.Start();
    }

    /// <summary>Has it read secrets and certificates anew and try at once. Returns at once.</summary>
    internal void Reload()
    {
        _reload = true;
        _queue.Wake();
    }

    /// <summary>Sends what was collected last, while the server takes it and there is time; then ends the thread.</summary>
    internal void Stop(TimeSpan timeout)
    {
        _stopping = true;
        _queue.Stop();
        _cancel.CancelAfter(timeout);
        // What a cancelled request leaves to do takes no time.
        _thread?.Join(timeout + TimeSpan.FromMilliseconds(150));
    }

    private void Run()
    {
        Libc.NameThread("send " + _options.Name);
        try
        {
            if (!_options.TlsVerify) LogNotVerified(_logger, _name);
            while (TryStep())
            {
            }
        }
        catch (Exception e)
        {
            // A defect of ours; what waits stays in the spool.
            _counters.Failed();
            LogBroken(_logger, _name, e);
        }

        _refused.Dispose();
        _client.Dispose();
    }

    /// <returns>False at the end.</returns>
    private bool TryStep()
    {
        if (_reload)
        {
            _reload = false;
            _client.Reload();
            _maxBodyLineBytes = int.MaxValue;
        }

        // A server that is down is tried with the oldest; the pause between tries is bound enough.
        long behindAllowedInMs = _isDown || _stopping ? 0 : _replay.WaitMs(Environment.TickCount64);
        SpoolEntry? entry = _queue.Take(behindAllowedInMs, timeoutMs: -1, out bool isBehind);
        if (entry is null) return !_stopping;
        // At the end only what is new, or would be lost, is worth the wait; the rest is on disk.
        if (_stopping && (_isDown || (isBehind && entry.Memory is null) || _cancel.IsCancellationRequested))
        {
            _queue.PutBack(entry);
            return false;
        }

        SpoolRead read = _queue.Read(entry, ref _buffer, out ReadOnlyMemory<byte> compressed);
        switch (read)
        {
            case SpoolRead.Missing:
                _queue.GiveUp(entry);
                return true;
            case SpoolRead.Damaged:
                _queue.SetAside(entry, SpoolFileName.DamagedSuffix, "for its bytes are not those that were written (cut short or overwritten)");
                return true;
            case SpoolRead.Failed:
                _queue.PutBack(entry);
                _queue.Pause(_backoff.Slow());
                return true;
        }

        if (isBehind) _replay.Take(entry.UnsettledBytes);
        InfluxAnswer? failure = Send(entry, compressed, out bool isDamaged);
        if (isDamaged)
        {
            _queue.SetAside(entry, SpoolFileName.DamagedSuffix, "for it does not hold the lines that its name tells");
            return true;
        }

        if (failure is null)
        {
            _queue.Complete(entry);
            Works();
            return true;
        }

        return Failed(entry, failure);
    }

    /// <summary>Sends what is not settled of a parcel.</summary>
    /// <returns>Null when all of it is settled; else what stood in the way.</returns>
    private InfluxAnswer? Send(SpoolEntry entry, ReadOnlyMemory<byte> compressed, out bool isDamaged)
    {
        isDamaged = false;
        byte[]? lines = null;
        bool asItIs = _options.Gzip && entry.SettledBytes == 0 && entry.Name.LineBytes <= _maxBodyLineBytes;
        if (asItIs)
        {
            InfluxAnswer answer = _client.Write(compressed, isGzip: true, () => (lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes)) ?? [], _cancel.Token);
            if (IsSettled(answer))
            {
                if (answer.RefusedLines.Count > 0) lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes);
                Settle(entry, answer, lines ?? [], entry.Name.LineBytes, entry.Name.Points);
                return null;
            }

            if (answer.Kind is not (AnswerKind.LinesRefused or AnswerKind.RequestRefused or AnswerKind.TooLarge)) return answer;
            Count(answer);
            if (answer.Kind == AnswerKind.TooLarge) _maxBodyLineBytes = entry.Name.LineBytes / 2;
        }

        lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes);
        if (lines is null || lines.AsSpan().Count((byte)'\n') != entry.Name.Points || (lines.Length > 0 && lines[^1] != '\n'))
        {
            isDamaged = true;
            return null;
        }

        return SendInPieces(entry, lines, asItIs);
    }

    /// <summary>
    /// Sends the rest of a parcel in pieces, halved when one is refused, so that a bad line among n is found in about
    /// 2 log2(n) small requests, and everything before it is settled by then.
    /// </summary>
    private InfluxAnswer? SendInPieces(SpoolEntry entry, byte[] lines, bool wholeWasRefused)
    {
        using LinesGzip gzip = new();
        List<(int Start, int Length, string Reason)> suspects = [];
        bool hasProof = false;
        int refusals = 0;
        // How many of the next lines are known to hold one that is refused.
        int suspectLines = wholeWasRefused ? entry.UnsettledPoints : 0;
        int refusedLines = 0;
        int pieceLines = wholeWasRefused ? (entry.UnsettledPoints + 1) / 2 : int.MaxValue;
        while (entry.SettledBytes < lines.Length)
        {
            ReadOnlyMemory<byte> rest = lines.AsMemory(entry.SettledBytes);
            ReadOnlyMemory<byte> piece = rest[..FirstLines(rest.Span, pieceLines, _maxBodyLineBytes, out int pieceCount)];
            ReadOnlyMemory<byte> body = piece;
            if (_options.Gzip)
            {
                gzip.Append(piece.Span);
                body = gzip.Finish();
            }

            InfluxAnswer answer = _client.Write(body, _options.Gzip, () => piece, _cancel.Token);
            if (IsSettled(answer))
            {
                Settle(entry, answer, piece.Span, piece.Length, pieceCount);
                hasProof = true;
                Refuse(suspects, lines);
                suspectLines = Math.Max(0, suspectLines - pieceCount);
                if (suspectLines > 0) pieceLines = (suspectLines + 1) / 2;
                else pieceLines = refusedLines < FewRefusedLines ? int.MaxValue : (int)Math.Min(int.MaxValue, pieceCount * 4L);
                continue;
            }

            switch (answer.Kind)
            {
                case AnswerKind.TooLarge:
                    _maxBodyLineBytes = Math.Max(1, Math.Min(_maxBodyLineBytes, piece.Length) / 2);
                    if (pieceCount == 1) refusals++;
                    break;
                case AnswerKind.LinesRefused:
                case AnswerKind.RequestRefused:
                    refusals++;
                    break;
                default:
                    PutOff(entry, suspects);
                    return answer;
            }

            if (pieceCount > 1)
            {
                Count(answer);
                if (answer.Kind != AnswerKind.TooLarge) suspectLines = pieceCount;
                pieceLines = pieceCount / 2;
                continue;
            }

            // One line, refused by itself. It is settled either way; what is not proven to be its own fault is remembered,
            // and unsettled again where nothing else is taken.
            Count(answer);
            suspects.Add((entry.SettledBytes, piece.Length, answer.Reason));
            entry.SettledBytes += piece.Length;
            entry.SettledPoints++;
            _counters.Queued(-piece.Length);
            hasProof |= answer.Kind == AnswerKind.LinesRefused;
            if (hasProof) Refuse(suspects, lines);
            else if (refusals >= MaxRefusalsWithoutProof)
            {
                PutOff(entry, suspects);
                return answer;
            }

            refusedLines++;
            suspectLines = 0;
            // With few bad lines the rest is best sent whole; with many that would be refused each time.
            pieceLines = refusedLines < FewRefusedLines && hasProof ? int.MaxValue : 1;
        }

        if (suspects.Count == 0) return null;
        PutOff(entry, suspects);
        return new InfluxAnswer { Kind = AnswerKind.RequestRefused, Status = 400, Reason = suspects[^1].Reason };
    }

    /// <summary>Unsettles what was refused without proof: it stands at the end of what is settled, since nothing was taken after it.</summary>
    private void PutOff(SpoolEntry entry, List<(int Start, int Length, string Reason)> suspects)
    {
        if (suspects.Count == 0) return;
        int bytes = entry.SettledBytes - suspects[0].Start;
        entry.SettledBytes = suspects[0].Start;
        entry.SettledPoints -= suspects.Count;
        _counters.Queued(bytes);
        suspects.Clear();
    }

    private void Refuse(List<(int Start, int Length, string Reason)> suspects, byte[] lines)
    {
        foreach ((int start, int length, string reason) in suspects) Refuse(lines.AsSpan(start, length), reason);
        suspects.Clear();
    }

    /// <summary>Whether the server has done with a body: nothing of it is to be sent again.</summary>
    private static bool IsSettled(InfluxAnswer answer) => answer.Kind is AnswerKind.Taken or AnswerKind.TakenInPart;

    private void Settle(SpoolEntry entry, InfluxAnswer answer, ReadOnlySpan<byte> piece, int bytes, int points)
    {
        entry.SettledBytes += bytes;
        entry.SettledPoints += points;
        _counters.Queued(-bytes);
        long refused = Math.Clamp(answer.RefusedPoints, 0, points);
        long expired = Math.Clamp(answer.ExpiredPoints, 0, points - refused);
        _counters.Sent(points - refused - expired, bytes);
        if (expired > 0)
        {
            _counters.Expired(expired);
            if (_refusal.Failed(1)) LogExpired(_logger, _name, expired, _counters.ExpiredPoints);
            _refusal.Recovered(out _, out _);
        }

        if (refused == 0) return;
        int named = 0;
        int start = 0;
        int index = 0;
        foreach (RefusedLine line in answer.RefusedLines)
        {
            while (index < line.Index && start < piece.Length)
            {
                start += piece[start..].IndexOf((byte)'\n') + 1;
                index++;
            }

            if (start >= piece.Length) break;
            Refuse(piece.Slice(start, piece[start..].IndexOf((byte)'\n') + 1), line.Reason);
            named++;
        }

        // Refused, but the server did not say which, and to find out by sending again would send what it took.
        if (refused > named)
        {
            Note([], $"{refused - named} points were refused without being named: {answer.Reason}");
            Refused(refused - named, answer.Reason);
        }

        _counters.Failed(SinkFailure.Refused);
    }

    private void Refuse(ReadOnlySpan<byte> line, string reason)
    {
        Note(line, reason);
        Refused(1, reason);
    }

    private void Note(ReadOnlySpan<byte> line, string reason)
    {
        int error = _refused.Append(line, reason, _clock.GetUtcNow());
        if (error < 0)
        {
            _counters.Failed(SinkFailure.RefusedFile);
            if (_refusedFileOutage.Failed(error))
                LogRefusedFile(_logger, _name, _options.RefusedFile, System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(-error));
        }
        else
        {
            _refusedFileOutage.Recovered(out _, out _);
        }
    }

    private void Refused(long points, string reason)
    {
        _counters.Refused(points);
        if (_refusal.Failed(0)) LogRefused(_logger, _name, _counters.RefusedPoints, reason, _options.RefusedFile);
        _refusal.Recovered(out _, out _);
    }

    private void Works()
    {
        _counters.Works();
        _backoff.Reset();
        if (!_isDown) return;
        _isDown = _hasCreated = false;
        // It may have been started anew with another limit.
        _maxBodyLineBytes = int.MaxValue;
        _queue.SetServerDown(false);
        if (_outage.Recovered(out TimeSpan lasted, out long tries))
            LogWorks(_logger, _name, lasted.TotalSeconds, tries, _queue.Count, _counters.QueuedBytes, _options.ReplayBytesPerSecond);
    }

    /// <returns>False at the end.</returns>
    private bool Failed(SpoolEntry entry, InfluxAnswer answer)
    {
        if (answer.Kind == AnswerKind.Cancelled)
        {
            _queue.PutBack(entry);
            return false;
        }

        Count(answer);
        bool isSuspect = answer.Kind is AnswerKind.RequestRefused or AnswerKind.TooLarge;
        if (isSuspect)
        {
            if (entry.Refusals++ == 0) entry.SentAtFirstRefusal = _counters.SentPoints;
            if (entry.Refusals >= MaxRefusalsOfParcel && _counters.SentPoints > entry.SentAtFirstRefusal)
            {
                _queue.SetAside(entry, SpoolFileName.RefusedSuffix, $"for the server refused it {entry.Refusals} times while it took others ({answer.Reason})");
                return true;
            }
        }

        // Before the parcel is put back, so that its place among those left behind is right.
        _isDown = true;
        _queue.SetServerDown(true);
        _queue.PutBack(entry, last: isSuspect);
        _counters.DoesNotWork();
        if (_stopping) return false;

        TimeSpan pause = answer.Kind switch
        {
            _ when answer.RetryAfter is { } asked => _backoff.AskedFor(asked < _options.RetryAfterMax ? asked : _options.RetryAfterMax),
            AnswerKind.Throttled or AnswerKind.ServerFailed or AnswerKind.Unreachable or AnswerKind.TimedOut => _backoff.Next(),
            _ => _backoff.Slow(),
        };
        if (answer.Kind == AnswerKind.NotFound && _options is { CreateDatabase: true, Version: InfluxVersion.V1 } && TryCreateDatabase()) return true;
        Say(answer, pause);
        _queue.Pause(pause);
        _counters.Retried();
        return true;
    }

    /// <returns>Whether that is worth another try at once: where it was done already, something else is not found (a retention policy).</returns>
    private bool TryCreateDatabase()
    {
        InfluxAnswer created = _client.CreateDatabase(_cancel.Token);
        if (created.Kind != AnswerKind.Taken)
        {
            Count(created);
            return false;
        }

        if (_hasCreated) return false;
        _hasCreated = true;
        LogCreated(_logger, _name, _options.Database);
        return true;
    }

    private void Count(InfluxAnswer answer) => _counters.Failed(answer.Kind switch
    {
        AnswerKind.Unreachable => SinkFailure.Unreachable,
        AnswerKind.TimedOut => SinkFailure.TimedOut,
        AnswerKind.TlsFailed => SinkFailure.Tls,
        AnswerKind.Unauthorized => SinkFailure.Unauthorized,
        AnswerKind.NotFound => SinkFailure.NotFound,
        AnswerKind.Throttled => SinkFailure.Throttled,
        AnswerKind.ServerFailed => SinkFailure.Server,
        AnswerKind.TooLarge => SinkFailure.TooLarge,
        AnswerKind.NotADatabase => SinkFailure.NotADatabase,
        AnswerKind.NotConfigured => SinkFailure.Configuration,
        _ => SinkFailure.Refused,
    });

    private void Say(InfluxAnswer answer, TimeSpan pause)
    {
        bool remind = _isDown && _saidDownAt != 0 && _clock.GetElapsedTime(_saidDownAt) >= Reminder;
        if (!_outage.Failed((long)answer.Kind) && !remind) return;
        _saidDownAt = _clock.GetTimestamp();
        LogDown(_logger, _name, _options.Url, answer.Reason, Remedy(answer.Kind), _counters.Down.TotalSeconds, pause.TotalSeconds,
            _queue.Count, _counters.QueuedBytes, _counters.QueuedAge.TotalSeconds, _counters.DroppedPoints);
    }

    private string Remedy(AnswerKind kind) => kind switch
    {
        AnswerKind.Unauthorized => "See to token_file, or user and password_file: they are read again before each try",
        AnswerKind.NotFound when _options.Version == InfluxVersion.V1 => "Create the database or retention policy, or set create_database = on",
        AnswerKind.NotFound => "Create the database or bucket, or correct its name",
        AnswerKind.ServerRefused => "See the limits of the server",
        AnswerKind.RequestRefused => "See whether version and url fit the server",
        AnswerKind.NotADatabase => "See whether url leads to the database itself",
        AnswerKind.TlsFailed => "See tls_ca_file and the host in url",
        AnswerKind.NotConfigured => "See the files that the section names",
        _ => "Nothing is to be done but to bring the server back",
    };

    /// <summary>The length of so many lines, or of as many as there are room for: at least one.</summary>
    private static int FirstLines(ReadOnlySpan<byte> lines, int most, int maxBytes, out int count)
    {
        count = 0;
        int length = 0;
        while (length < lines.Length && count < most)
        {
            int line = lines[length..].IndexOf((byte)'\n') + 1;
            if (count > 0 && length + line > maxBytes) break;
            length += line;
            count++;
        }

        return length;
    }

    [LoggerMessage(EventId = 351, Level = LogLevel.Error, Message = "{Sink}: {Url} does not take our points: {Reason}. {Remedy}. Down for {DownSeconds:0} s, next try in {PauseSeconds:0.0} s; {Files} parcels of {Bytes} bytes wait, the oldest for {AgeSeconds:0} s, {Dropped} points dropped so far.")]
    private static partial void LogDown(
        ILogger logger, string sink, string url, string reason, string remedy, double downSeconds, double pauseSeconds, int files, long bytes, double ageSeconds, long dropped);

    [LoggerMessage(EventId = 352, Level = LogLevel.Information, Message = "{Sink}: works again, after {Seconds:0.0} s and {Tries} failed tries; {Files} parcels of {Bytes} bytes are still to be sent, at {Rate} bytes a second at the most.")]
    private static partial void LogWorks(ILogger logger, string sink, double seconds, long tries, int files, long bytes, long rate);

    [LoggerMessage(EventId = 353, Level = LogLevel.Warning, Message = "{Sink}: the server has refused {Points} points for good so far, the last because: {Reason}. They are in {File}.")]
    private static partial void LogRefused(ILogger logger, string sink, long points, string reason, string file);

    [LoggerMessage(EventId = 354, Level = LogLevel.Warning, Message = "{Sink}: {Points} points were older than the server's retention, which keeps none of them; {All} so far.")]
    private static partial void LogExpired(ILogger logger, string sink, long points, long all);

    [LoggerMessage(EventId = 355, Level = LogLevel.Error, Message = "{Sink}: refused lines cannot be written to {File}: {Problem}. They are counted, and lost.")]
    private static partial void LogRefusedFile(ILogger logger, string sink, string file, string problem);

    [LoggerMessage(EventId = 356, Level = LogLevel.Information, Message = "{Sink}: created the database {Database}.")]
    private static partial void LogCreated(ILogger logger, string sink, string database);

    [LoggerMessage(EventId = 357, Level = LogLevel.Critical, Message = "{Sink}: ended by a defect of the agent; please report it. What is collected stays in the spool.")]
    private static partial void LogBroken(ILogger logger, string sink, Exception e);

    [LoggerMessage(EventId = 358, Level = LogLevel.Warning, Message = "{Sink}: TLS CERTIFICATES ARE NOT VERIFIED (tls_verify = off). Whoever is between this host and the server can read and change all that is sent, the token included.")]
    private static partial void LogNotVerified(ILogger logger, string sink);
}
