using Microsoft.Extensions.Logging;

namespace NsCollector.Telemetry;

/// <summary>
/// Lets at most one message of each kind through per period, and says with the next one how many were held back: a
/// thousand containers that fail alike make one line, not a thousand. Any thread may log.
/// </summary>
/// <remarks>
/// Only the words are limited: whoever logs here also counts in <see cref="AgentCounters"/>, which misses nothing.
/// A message that is held back costs a lock and a look-up, and allocates nothing where the caller uses
/// <see cref="Permits"/> before it builds the text.
/// </remarks>
internal sealed class RateLimitedLog
{
    /// <summary>How many kinds are told apart; further ones share one kind, so that memory stays bounded.</summary>
    public const int MaxKinds = 256;

    private const string OtherKinds = "(others)";

    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly long _periodTicks;

    /// <summary>Makes a limiter over a logger.</summary>
    /// <param name="logger">Where the messages go that are let through.</param>
    /// <param name="period">From one message of a kind to the next; a minute where null.</param>
    /// <param name="time">The monotonic clock; the system's where null.</param>
    public RateLimitedLog(ILogger logger, TimeSpan? period = null, TimeProvider? time = null)
    {
        Logger = logger;
        _time = time ?? TimeProvider.System;
        Period = period ?? TimeSpan.FromMinutes(1);
        _periodTicks = (long)(Period.TotalSeconds * _time.TimestampFrequency);
    }

    /// <summary>Where the messages go that are let through.</summary>
    public ILogger Logger { get; }

    /// <summary>From one message of a kind to the next.</summary>
    public TimeSpan Period { get; }

    /// <summary>Whether a message of this kind may be logged now. True uses up the period: the caller then must log.</summary>
    /// <param name="kind">A constant that names the kind of event, such as <c>"sink file:main"</c>; never text from outside.</param>
    /// <param name="heldBack">How many of the kind were held back since the last that was let through.</param>
    public bool Permits(string kind, out long heldBack)
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
                    heldBack = 0;
                    return true;
                }
            }

            if (now - entry.LastTimestamp < _periodTicks)
            {
                entry.HeldBack++;
                heldBack = 0;
                return false;
            }

            entry.LastTimestamp = now;
            heldBack = entry.HeldBack;
            entry.HeldBack = 0;
            return true;
        }
    }

    /// <summary>Logs a warning if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened and what the administrator can do about it.</param>
    public void Warning(string kind, string message) => Write(LogLevel.Warning, kind, message);

    /// <summary>Logs an error if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened and what the administrator can do about it.</param>
    public void Error(string kind, string message) => Write(LogLevel.Error, kind, message);

    /// <summary>Logs an informational message if its kind may be logged now.</summary>
    /// <param name="kind">See <see cref="Permits"/>.</param>
    /// <param name="message">What happened.</param>
    public void Information(string kind, string message) => Write(LogLevel.Information, kind, message);

    private void Write(LogLevel level, string kind, string message)
    {
        if (!Logger.IsEnabled(level) || !Permits(kind, out long heldBack)) return;
        if (heldBack == 0) RateLimitedLogMessages.Once(Logger, level, message);
        else RateLimitedLogMessages.Again(Logger, level, message, heldBack);
    }

    private sealed class Kind
    {
        internal long LastTimestamp;
        internal long HeldBack;
    }
}
