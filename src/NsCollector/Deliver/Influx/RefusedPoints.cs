using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// Counts and logs points that a server has permanently refused, and writes their lines, if known, to the file of refused lines.
/// Used on the sender's thread only.
/// </summary>
internal sealed partial class RefusedPoints : IDisposable
{
    private readonly string _sink;
    private readonly RefusedFile _file;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly Outage _refusals, _expiries, _fileOutage;

    /// <param name="sink">The sink's name, for messages.</param>
    /// <param name="file">Receives the lines.</param>
    /// <param name="counters">Counts the points.</param>
    /// <param name="logger">Logs at most once a minute.</param>
    /// <param name="clock">The time.</param>
    internal RefusedPoints(string sink, RefusedFile file, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _sink = sink;
        _file = file;
        _counters = counters;
        _logger = logger;
        _clock = clock;
        _refusals = new Outage(clock);
        _expiries = new Outage(clock);
        _fileOutage = new Outage(clock);
    }

    /// <summary>One line was refused.</summary>
    internal void Add(ReadOnlySpan<byte> line, string reason)
    {
        Keep(line, reason);
        Count(1, reason);
    }

    /// <summary>Some of the lines of a body were refused.</summary>
    /// <param name="points">How many.</param>
    /// <param name="named">Those that the server named, by ascending index.</param>
    /// <param name="body">The lines that were sent.</param>
    /// <param name="reason">The reason for the others.</param>
    internal void Add(long points, IReadOnlyList<RefusedLine> named, ReadOnlySpan<byte> body, string reason)
    {
        long left = points;
        int start = 0;
        int index = 0;
        foreach (RefusedLine line in named)
        {
            while (index < line.Index && start < body.Length)
            {
                start += body[start..].IndexOf((byte)'\n') + 1;
                index++;
            }

            if (start >= body.Length) break;
            Add(body.Slice(start, body[start..].IndexOf((byte)'\n') + 1), line.Reason);
            left--;
        }

        if (left <= 0) return;
        // To find out which lines they are, stored lines would have to be sent again.
        Keep([], $"{left} points were refused, but the server did not say which: {reason}");
        Count(left, reason);
    }

    /// <summary>Some points were older than the server's retention.</summary>
    internal void AddExpired(long points)
    {
        _counters.Expired(points);
        if (_expiries.Failed(0)) LogExpired(_logger, _sink, points, _counters.ExpiredPoints);
        _expiries.Recovered(out _, out _);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Keep(ReadOnlySpan<byte> line, string reason)
    {
        int error = _file.Append(line, reason, _clock.GetUtcNow());
        if (error >= 0)
        {
            _fileOutage.Recovered(out _, out _);
            return;
        }

        _counters.Failed(SinkFailure.RefusedFile);
        if (_fileOutage.Failed(error)) LogFile(_logger, _sink, _file.Path, Marshal.GetPInvokeErrorMessage(-error));
    }

    private void Count(long points, string reason)
    {
        _counters.Refused(points);
        if (_refusals.Failed(0)) LogRefused(_logger, _sink, _counters.RefusedPoints, reason, _file.Path);
        _refusals.Recovered(out _, out _);
    }

    [LoggerMessage(EventId = 353, Level = LogLevel.Warning, Message = "{Sink}: the server has permanently refused {Points} points so far, the last because: {Reason}. The lines are in {File}.")]
    private static partial void LogRefused(ILogger logger, string sink, long points, string reason, string file);

    [LoggerMessage(EventId = 354, Level = LogLevel.Warning, Message = "{Sink}: the server discarded {Points} points because they are older than its retention period; {All} so far.")]
    private static partial void LogExpired(ILogger logger, string sink, long points, long all);

    [LoggerMessage(EventId = 355, Level = LogLevel.Error, Message = "{Sink}: cannot write refused lines to {File}: {Problem}. The lines are counted, but lost.")]
    private static partial void LogFile(ILogger logger, string sink, string file, string problem);
}
