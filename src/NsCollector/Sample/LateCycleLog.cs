using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// Warns, at most once in ten minutes, that cycles take longer than the interval, so that deadlines are skipped. Used on the
/// sampling thread only; a cycle that is on time costs a few additions.
/// </summary>
internal sealed partial class LateCycleLog
{
    /// <summary>The shortest time between two warnings.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private readonly RateLimitedLog _log;
    private readonly TimeSpan _interval;
    private bool _isFirst = true;
    private long _cycles, _skipped, _sumNs, _longestNs;

    /// <param name="logger">Receives the warning.</param>
    /// <param name="interval">The interval of the cycles.</param>
    /// <param name="time">The monotonic clock; null: the system's.</param>
    internal LateCycleLog(ILogger logger, TimeSpan interval, TimeProvider? time = null)
    {
        _log = new RateLimitedLog(logger, Period, time);
        _interval = interval;
    }

    /// <summary>Adds a cycle.</summary>
    /// <param name="durationNs">From its deadline to its end, in nanoseconds: it may have waited for a processor before it began.</param>
    /// <param name="skipped">How many deadlines passed meanwhile.</param>
    internal void Add(long durationNs, long skipped)
    {
        // The first cycle opens every file. It is counted as late like any other, but it says nothing about the next ones.
        if (_isFirst)
        {
            _isFirst = false;
            return;
        }

        _cycles++;
        _skipped += skipped;
        _sumNs += durationNs;
        _longestNs = Math.Max(_longestNs, durationNs);
        if (skipped == 0 || !_log.Logger.IsEnabled(LogLevel.Warning) || !_log.Permits("late", out _)) return;
        LogSkipped(_log.Logger, _skipped, _skipped == 1 ? "cycle" : "cycles", Seconds(_sumNs / _cycles), Seconds(_longestNs), _interval.TotalSeconds);
        _cycles = _skipped = _sumNs = _longestNs = 0;
    }

    private static double Seconds(long ns) => ns / 1e9;

    [LoggerMessage(EventId = 221, Level = LogLevel.Warning, Message = "Skipped {Count} {Cycles}, because a cycle ends {Average:0.000} s after its deadline on average and {Longest:0.000} s at most, while agent.interval is {Interval} s. Raise agent.interval, sample fewer containers (filter.exclude), read less of each (network.protocols, cgroup.pressure), or give the agent more CPU time")]
    private static partial void LogSkipped(ILogger logger, long count, string cycles, double average, double longest, double interval);
}
