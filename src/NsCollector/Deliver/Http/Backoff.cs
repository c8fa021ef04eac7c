namespace NsCollector.Deliver.Http;

/// <summary>
/// The delay after a failure: a random time between zero and a bound that doubles with each failure ("full jitter"), so that many
/// agents do not reconnect at the same moment.
/// </summary>
internal sealed class Backoff
{
    private readonly TimeSpan _first, _most;
    private readonly Random _random;
    private int _failures;

    /// <param name="first">The bound after the first failure.</param>
    /// <param name="most">The maximum bound.</param>
    /// <param name="random">The source of randomness.</param>
    internal Backoff(TimeSpan first, TimeSpan most, Random? random = null)
    {
        _first = first;
        _most = most;
        _random = random ?? new Random();
    }

    /// <summary>Records a failure and returns the delay.</summary>
    internal TimeSpan Next()
    {
        // 2^30 times the shortest interval exceeds any maximum.
        double bound = Math.Min(_first.TotalMilliseconds * (1L << Math.Min(_failures, 30)), _most.TotalMilliseconds);
        _failures++;
        return TimeSpan.FromMilliseconds(bound * _random.NextDouble());
    }

    /// <summary>The delay after a failure that only an administrator can fix: 75 to 100 % of the maximum.</summary>
    internal TimeSpan LongPause() => _most * (1 - (0.25 * _random.NextDouble()));

    /// <summary>The delay that the server asked for, plus up to 10 %.</summary>
    internal TimeSpan RetryAfterDelay(TimeSpan time) => time * (1 + (0.1 * _random.NextDouble()));

    /// <summary>Records a success.</summary>
    internal void Reset() => _failures = 0;
}
