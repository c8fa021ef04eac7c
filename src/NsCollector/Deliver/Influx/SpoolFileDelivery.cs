using NsCollector.Deliver.Influx.Answers;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// Sends one parcel after another and settles its lines by the meaning of each answer: taken by the server, or refused by it
/// for good. What is neither is the caller's to keep. The rules, and why, are in docs/decisions/0009-when-a-line-is-dropped.md.
/// Used on the sender's thread only.
/// </summary>
internal sealed class SpoolFileDelivery
{
    /// <summary>After how many refusals of single pieces, none of them taken, a parcel is left for later.</summary>
    private const int MaxRefusalsWithoutProof = 32;

    /// <summary>After how many bodies that were taken a larger one is tried.</summary>
    private const int TakenBeforeLarger = 64;

    /// <summary>With fewer lines of a parcel refused, what comes after one of them is tried whole.</summary>
    private const int FewRefusedLines = 4;

    private readonly InfluxSinkOptions _options;
    private readonly IInfluxClient _client;
    private readonly SinkCounters _counters;
    private readonly RefusedPoints _refused;
    private readonly CancellationToken _stop;

    // How many bytes of lines a body may have, as far as the server has told by refusing more; doubled after a number of
    // bodies that it took, since one refusal (of a proxy that was replaced, of one long line) is not for ever.
    private int _maxBodyLineBytes = int.MaxValue;
    private int _takenSinceTooLarge;

    /// <summary>Sends nothing yet.</summary>
    /// <param name="options">The sink's section.</param>
    /// <param name="client">The server.</param>
    /// <param name="counters">Where what is settled is counted, and every refusal on the way.</param>
    /// <param name="refused">Where refused points go.</param>
    /// <param name="stop">Ends a request under way.</param>
    internal SpoolFileDelivery(InfluxSinkOptions options, IInfluxClient client, SinkCounters counters, RefusedPoints refused, CancellationToken stop)
    {
        _options = options;
        _client = client;
        _counters = counters;
        _refused = refused;
        _stop = stop;
    }

    /// <summary>Forgets how much the server takes at once: it may be another by now.</summary>
    internal void ForgetBodyLimit() => _maxBodyLineBytes = int.MaxValue;

    /// <summary>Sends what is not settled of a parcel.</summary>
    /// <param name="entry">The parcel; how far it is settled is noted in it.</param>
    /// <param name="compressed">Its lines, as one gzip stream.</param>
    /// <param name="isDamaged">Whether these are not the lines that its name tells.</param>
    /// <returns>Null when all of it is settled; else what stood in the way.</returns>
    internal InfluxAnswer? Send(SpoolEntry entry, ReadOnlyMemory<byte> compressed, out bool isDamaged)
    {
        isDamaged = false;
        byte[]? lines = null;
        bool asItIs = _options.Gzip && entry.AcknowledgedBytes == 0 && entry.Name.LineBytes <= _maxBodyLineBytes;
        if (asItIs)
        {
            InfluxAnswer answer = _client.Write(compressed, isGzip: true, () => (lines ??= LinesGzip.Unpack(compressed, entry.Name.LineBytes)) ?? [], _stop);
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

            InfluxAnswer answer = _client.Write(body, _options.Gzip, () => piece, _stop);
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

            // One line, refused by itself. It is settled either way; what is not proven to be its own fault is remembered,
            // and unsettled again where nothing else is taken.
            _counters.Failed(AnswerFailure.Of(answer.Kind));
            suspects.Add((entry.AcknowledgedBytes, piece.Length, answer.Reason));
            entry.AcknowledgedBytes += piece.Length;
            entry.AcknowledgedPoints++;
            _counters.Queued(-piece.Length);
            hasProof |= answer.Kind == AnswerKind.LinesRefused;
            // What was taken before proves little by now: the server may have begun to refuse everything.
            if (answer.Kind == AnswerKind.LinesRefused) Refuse(suspects, lines);
            else if ((hasProof ? suspects.Count : refusals) >= MaxRefusalsWithoutProof)
            {
                RollBack(entry, suspects);
                return answer;
            }

            refusedLines++;
            suspectLines = 0;
            // With few bad lines the rest is best sent whole; with many that would be refused each time.
            pieceLines = refusedLines < FewRefusedLines && hasProof ? int.MaxValue : 1;
        }

        if (hasProof) Refuse(suspects, lines);
        if (suspects.Count == 0) return null;
        RollBack(entry, suspects);
        return new InfluxAnswer { Kind = AnswerKind.RequestRefused, Status = 400, Reason = suspects[^1].Reason };
    }

    /// <summary>Unsettles what was refused without proof: it stands at the end of what is settled, since nothing was taken after it.</summary>
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
    /// Once more what was refused, now that the server takes lines: while it was, nothing may have been. What is not taken
    /// now, for whatever reason, is given up, since what comes after it is settled.
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

            InfluxAnswer answer = _client.Write(body, _options.Gzip, () => line, _stop);
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

    /// <summary>Whether the server has done with a body: nothing of it is to be sent again.</summary>
    private static bool IsFinal(InfluxAnswer answer) => answer.Kind is AnswerKind.Taken or AnswerKind.TakenInPart;

    private void Acknowledge(SpoolEntry entry, InfluxAnswer answer, ReadOnlySpan<byte> piece, int bytes, int points)
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

    private void CountAcknowledged(InfluxAnswer answer, ReadOnlySpan<byte> piece, int bytes, int points)
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
}
