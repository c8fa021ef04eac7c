namespace NsCollector.Deliver.Influx;

/// <summary>
/// How long to wait after a failure: a random time between nothing and a bound that doubles with each failure ("full
/// jitter"), so that a thousand agents whose server comes back do not come back together.
/// </summary>
internal sealed class Backoff
{
    private readonly TimeSpan _first, _most;
    private readonly Random _random;
    private int _failures;

    /// <summary>Makes one that has not failed.</summary>
    /// <param name="first">The bound after the first failure.</param>
    /// <param name="most">The bound after any number.</param>
    /// <param name="random">Where chance comes from.</param>
    internal Backoff(TimeSpan first, TimeSpan most, Random? random = null)
    {
        _first = first;
        _most = most;
        _random = random ?? new Random();
    }

    /// <summary>The time to wait after one more failure.</summary>
    internal TimeSpan Next()
    {
        // 2^30 times the least interval is longer than any bound.
        double bound = Math.Min(_first.TotalMilliseconds * (1L << Math.Min(_failures, 30)), _most.TotalMilliseconds);
        _failures++;
        return TimeSpan.FromMilliseconds(bound * _random.NextDouble());
    }

    /// <summary>The time to wait where only an administrator can help: the greatest bound, less up to a quarter.</summary>
    internal TimeSpan LongPause() => _most * (1 - (0.25 * _random.NextDouble()));

    /// <summary>A time the server asked for, and up to a tenth more.</summary>
    internal TimeSpan RetryAfterDelay(TimeSpan time) => time * (1 + (0.1 * _random.NextDouble()));

    /// <summary>A try worked.</summary>
    internal void Reset() => _failures = 0;
}
