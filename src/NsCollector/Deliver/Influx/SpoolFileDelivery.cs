using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// Sends a spool file and acknowledges the lines that the server has stored or permanently refused. The caller keeps the others.
/// docs/decisions/0009-when-a-line-is-dropped.md has the rules and their reasons. Used on the sender's thread only.
/// </summary>
internal sealed partial class SpoolFileDelivery : ISpoolDelivery
{
    /// <summary>A spool file is left for later after this many refusals without a piece that was accepted.</summary>
    private const int MaxRefusalsWithoutProof = 32;

    /// <summary>A larger body is tried after this many accepted ones.</summary>
    private const int TakenBeforeLarger = 64;

    /// <summary>While fewer lines of a spool file are refused, the rest after a refused line is sent whole.</summary>
    private const int FewRefusedLines = 4;

    private readonly InfluxSinkOptions _options;
    private readonly IInfluxClient _client;
    private readonly SinkCounters _counters;
    private readonly RefusedPoints _refused;
    private readonly string _name;
    private readonly ILogger _logger;

    // Maximum bytes of lines in a body, learned from bodies that were too large. Doubled after a number of accepted bodies,
    // because the cause (a proxy, one long line) may be gone.
    private int _maxBodyLineBytes = int.MaxValue;
    private int _takenSinceTooLarge;
    private bool _hasCreated;
    private CancellationToken _stop;

    /// <param name="name">The sink's name, for messages.</param>
    /// <param name="options">The sink's section.</param>
    /// <param name="client">The server; disposed of with this object.</param>
    /// <param name="counters">Counts acknowledged points and refusals.</param>
    /// <param name="logger">Logs refusals.</param>
    /// <param name="clock">The time.</param>
    internal SpoolFileDelivery(string name, InfluxSinkOptions options, IInfluxClient client, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _name = name;
        _options = options;
        _client = client;
        _counters = counters;
        _logger = logger;
        _refused = new RefusedPoints(name, new RefusedFile(options.RefusedFile, options.RefusedFileBytes), counters, logger, clock);
    }

    /// <inheritdoc/>
    public void Reload() => _client.Reload();

    /// <inheritdoc/>
    public void OnRecovered() => _hasCreated = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        _refused.Dispose();
        _client.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>False if the database was created before: then something else is missing, such as a retention policy.</remarks>
    public bool TryRepair(ServerAnswer failure, CancellationToken stop)
    {
        if (failure.Kind != AnswerKind.NotFound || _options is not { CreateDatabase: true, Version: InfluxVersion.V1 }) return false;
        ServerAnswer created = _client.CreateDatabase(stop);
        if (created.Kind != AnswerKind.Taken)
        {
            _counters.Failed(AnswerFailure.Of(created.Kind));
            return false;
        }

        if (_hasCreated) return false;
        _hasCreated = true;
        LogCreated(_logger, _name, _options.Database);
        return true;
    }

    /// <inheritdoc/>
    public string? Remedy(AnswerKind kind) => kind switch
    {
        AnswerKind.Unauthorized => "Check token_file, or user and password_file; the agent reads them again before each attempt",
        AnswerKind.NotFound when _options.Version == InfluxVersion.V1 => "Create the database or retention policy, or set create_database = on",
        AnswerKind.NotFound => "Create the database or bucket, or correct its name",
        AnswerKind.RequestRefused => "Check that version and url match the server",
        AnswerKind.NotADatabase => "Check that url is the address of the database itself",
        _ => null,
    };

    /// <inheritdoc/>
    public void ForgetBodyLimit() => _maxBodyLineBytes = int.MaxValue;

    /// <inheritdoc/>
    public ServerAnswer? Send(SpoolEntry entry, ReadOnlyMemory<byte> compressed, CancellationToken stop, out bool isDamaged)
    {
        _stop = stop;
        isDamaged = false;
        byte[]? lines = null;
        bool asItIs = _options.Gzip && entry.AcknowledgedBytes == 0 && entry.Name.LineBytes <= _maxBodyLineBytes;
        if (asItIs)
        {
            ServerAnswer answer = _client.Write(compressed, isGzip: true, () => (lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes)) ?? [], _stop);
            if (IsFinal(answer))
            {
                if (answer.RefusedLines.Count > 0) lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes);
                Acknowledge(entry, answer, lines ?? [], entry.Name.LineBytes, entry.Name.Points);
                return null;
            }

            if (answer.Kind is not (AnswerKind.LinesRefused or AnswerKind.RequestRefused or AnswerKind.TooLarge)) return answer;
            _counters.Failed(AnswerFailure.Of(answer.Kind));
            if (answer.Kind == AnswerKind.TooLarge) Shrink(entry.Name.LineBytes / 2);
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
    /// Sends the rest of a spool file in pieces and halves a piece that is refused. So a bad line among n is found in about
    /// 2 log2(n) small requests, and everything before it is acknowledged by then.
    /// </summary>
    private ServerAnswer? SendInPieces(SpoolEntry entry, byte[] lines, bool wholeWasRefused)
    {
        using LinesGzip gzip = new();
        List<(int Start, int Length, string Reason)> suspects = [];
        bool hasProof = false;
        int refusals = 0;
        // The next lines among which at least one is refused.
        int suspectLines = wholeWasRefused ? entry.UnacknowledgedPoints : 0;
        int refusedLines = 0;
        int pieceLines = wholeWasRefused ? (entry.UnacknowledgedPoints + 1) / 2 : int.MaxValue;
        while (entry.AcknowledgedBytes < lines.Length)
        {
            ReadOnlyMemory<byte> rest = lines.AsMemory(entry.AcknowledgedBytes);
            ReadOnlyMemory<byte> piece = rest[..FirstLines(rest.Span, pieceLines, _maxBodyLineBytes, out int pieceCount)];
            ReadOnlyMemory<byte> body = piece;
            if (_options.Gzip)
            {
                gzip.Append(piece.Span);
                body = gzip.Finish();
            }

            ServerAnswer answer = _client.Write(body, _options.Gzip, () => piece, _stop);
            if (IsFinal(answer))
            {
                Acknowledge(entry, answer, piece.Span, piece.Length, pieceCount);
                hasProof = true;
                RetrySuspects(suspects, lines);
                suspectLines = Math.Max(0, suspectLines - pieceCount);
                if (suspectLines > 0) pieceLines = (suspectLines + 1) / 2;
                else pieceLines = refusedLines < FewRefusedLines ? int.MaxValue : (int)Math.Min(int.MaxValue, pieceCount * 4L);
                continue;
            }

            switch (answer.Kind)
            {
                case AnswerKind.TooLarge:
                    Shrink(Math.Min(_maxBodyLineBytes, piece.Length) / 2);
                    if (pieceCount == 1) refusals++;
                    break;
                case AnswerKind.LinesRefused:
                case AnswerKind.RequestRefused:
                    refusals++;
                    break;
                default:
                    RollBack(entry, suspects);
                    return answer;
            }

            if (pieceCount > 1)
            {
                _counters.Failed(AnswerFailure.Of(answer.Kind));
                if (answer.Kind != AnswerKind.TooLarge) suspectLines = pieceCount;
                pieceLines = pieceCount / 2;
                continue;
            }

            // A single refused line. It is acknowledged; if it is not proven that the line is the cause, it becomes a suspect,
            // and is rolled back if nothing else is accepted.
            _counters.Failed(AnswerFailure.Of(answer.Kind));
            suspects.Add((entry.AcknowledgedBytes, piece.Length, answer.Reason));
            entry.AcknowledgedBytes += piece.Length;
            entry.AcknowledgedPoints++;
            _counters.Queued(-piece.Length);
            hasProof |= answer.Kind == AnswerKind.LinesRefused;
            // Lines accepted earlier prove little: the server may have begun to refuse everything.
            if (answer.Kind == AnswerKind.LinesRefused) Refuse(suspects, lines);
            else if ((hasProof ? suspects.Count : refusals) >= MaxRefusalsWithoutProof)
            {
                RollBack(entry, suspects);
                return answer;
            }

            refusedLines++;
            suspectLines = 0;
            // With few bad lines send the rest whole; with many it would be refused each time.
            pieceLines = refusedLines < FewRefusedLines && hasProof ? int.MaxValue : 1;
        }

        if (hasProof) Refuse(suspects, lines);
        if (suspects.Count == 0) return null;
        RollBack(entry, suspects);
        return new ServerAnswer { Kind = AnswerKind.RequestRefused, Status = 400, Reason = suspects[^1].Reason };
    }

    /// <summary>Rolls back the suspects. They are the last acknowledged lines, because nothing was accepted after them.</summary>
    private void RollBack(SpoolEntry entry, List<(int Start, int Length, string Reason)> suspects)
    {
        if (suspects.Count == 0) return;
        int bytes = entry.AcknowledgedBytes - suspects[0].Start;
        entry.AcknowledgedBytes = suspects[0].Start;
        entry.AcknowledgedPoints -= suspects.Count;
        _counters.Queued(bytes);
        suspects.Clear();
    }

    /// <summary>
    /// Sends the suspects again now that the server accepts lines; it may have refused everything before. A line that is not
    /// accepted now is given up, because the lines after it are acknowledged.
    /// </summary>
    private void RetrySuspects(List<(int Start, int Length, string Reason)> suspects, byte[] lines)
    {
        using LinesGzip gzip = new();
        foreach ((int start, int length, string reason) in suspects)
        {
            ReadOnlyMemory<byte> line = lines.AsMemory(start, length);
            ReadOnlyMemory<byte> body = line;
            if (_options.Gzip)
            {
                gzip.Append(line.Span);
                body = gzip.Finish();
            }

            ServerAnswer answer = _client.Write(body, _options.Gzip, () => line, _stop);
            if (IsFinal(answer)) CountAcknowledged(answer, line.Span, length, 1);
            else _refused.Add(line.Span, reason);
        }

        suspects.Clear();
    }

    private void Refuse(List<(int Start, int Length, string Reason)> suspects, byte[] lines)
    {
        foreach ((int start, int length, string reason) in suspects) _refused.Add(lines.AsSpan(start, length), reason);
        suspects.Clear();
    }

    /// <summary>Whether no line of the body must be sent again.</summary>
    private static bool IsFinal(ServerAnswer answer) => answer.Kind is AnswerKind.Taken or AnswerKind.TakenInPart;

    private void Acknowledge(SpoolEntry entry, ServerAnswer answer, ReadOnlySpan<byte> piece, int bytes, int points)
    {
        entry.AcknowledgedBytes += bytes;
        entry.AcknowledgedPoints += points;
        _counters.Queued(-bytes);
        CountAcknowledged(answer, piece, bytes, points);
    }

    private void Shrink(int lineBytes)
    {
        _maxBodyLineBytes = Math.Max(1, lineBytes);
        _takenSinceTooLarge = 0;
    }

    private void CountAcknowledged(ServerAnswer answer, ReadOnlySpan<byte> piece, int bytes, int points)
    {
        if (_maxBodyLineBytes < int.MaxValue && ++_takenSinceTooLarge >= TakenBeforeLarger)
        {
            _takenSinceTooLarge = 0;
            _maxBodyLineBytes = (int)Math.Min(int.MaxValue, _maxBodyLineBytes * 2L);
        }

        long refused = Math.Clamp(answer.RefusedPoints, 0, points);
        long expired = Math.Clamp(answer.ExpiredPoints, 0, points - refused);
        _counters.Sent(points - refused - expired, bytes);
        if (expired > 0) _refused.AddExpired(expired);
        if (refused == 0) return;
        _refused.Add(refused, answer.RefusedLines, piece, answer.Reason);
        _counters.Failed(SinkFailure.Refused);
    }

    /// <summary>The length of at most <paramref name="most"/> lines that fit into <paramref name="maxBytes"/>; at least one line.</summary>
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

    [LoggerMessage(EventId = 356, Level = LogLevel.Information, Message = "{Sink}: created the database {Database}.")]
    private static partial void LogCreated(ILogger logger, string sink, string database);
}
