using Microsoft.Extensions.Logging;

namespace NsCollector.Telemetry;

/// <summary>
/// Logs at most one message of each kind per period, and appends to the next one how many were suppressed. So a thousand
/// containers that fail in the same way give one line. Thread-safe.
/// </summary>
/// <remarks>
/// Callers also count the event in <see cref="AgentCounters"/>, which has no limit. A suppressed message costs a lock and a
/// look-up; it allocates nothing if the caller calls <see cref="Permits"/> before it builds the text.
/// </remarks>
internal sealed class RateLimitedLog
{
    /// <summary>Maximum number of kinds; further ones share one kind, so that memory stays bounded.</summary>
    public const int MaxKinds = 256;

    private const string OtherKinds = "(others)";

    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly long _periodTicks;

    /// <param name="logger">Receives the messages that are not suppressed.</param>
    /// <param name="period">Minimum time between two messages of a kind; null: one minute.</param>
    /// <param name="time">The monotonic clock; null: the system's.</param>
    public RateLimitedLog(ILogger logger, TimeSpan? period = null, TimeProvider? time = null)
    {
        Logger = logger;
        _time = time ?? TimeProvider.System;
        Period = period ?? TimeSpan.FromMinutes(1);
        _periodTicks = (long)(Period.TotalSeconds * _time.TimestampFrequency);
    }

    /// <summary>Receives the messages that are not suppressed.</summary>
    public ILogger Logger { get; }

    /// <summary>Minimum time between two messages of a kind.</summary>
    public TimeSpan Period { get; }

    /// <summary>Whether a message of this kind may be logged now. If true, a new period begins, and the caller must log.</summary>
    /// <param name="kind">A constant that names the kind of event, such as <c>"sink file:main"</c>; never text from outside the agent.</param>
    /// <param name="suppressed">How many messages of the kind were suppressed since the last one that was logged.</param>
    public bool Permits(string kind, out long suppressed)
    {
        long now = _time.GetTimestamp();
        lock (_kinds)
        {
            if (!_kinds.TryGetValue(kind, out Kind? entry))
            {
                if (_kinds.Count >= MaxKinds - 1) kind = OtherKinds;
                if (!_kinds.TryGetValue(kind, out entry))
                {
                    _kinds.Add(kind, new Kind { LastTimestamp = now });
                    suppressed = 0;
                    return true;
                }
            }

            if (now - entry.LastTimestamp < _periodTicks)
            {
                entry.Suppressed++;
                suppressed = 0;
                return false;
            }

            entry.LastTimestamp = now;
            suppressed = entry.Suppressed;
            entry.Suppressed = 0;
            return true;
        }
    }

    /// <summary>Logs a warning if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened, why, and what the administrator can do.</param>
    public void Warning(string kind, string message) => Write(LogLevel.Warning, kind, message);

    /// <summary>Logs an error if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened, why, and what the administrator can do.</param>
    public void Error(string kind, string message) => Write(LogLevel.Error, kind, message);

    /// <summary>Logs an informational message if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened.</param>
    public void Information(string kind, string message) => Write(LogLevel.Information, kind, message);

    private void Write(LogLevel level, string kind, string message)
    {
        if (!Logger.IsEnabled(level) || !Permits(kind, out long suppressed)) return;
        if (suppressed == 0) RateLimitedLogMessages.Once(Logger, level, message);
        else RateLimitedLogMessages.WithSuppressed(Logger, level, message, suppressed);
    }

    private sealed class Kind
    {
        internal long LastTimestamp;
        internal long Suppressed;
    }
}
