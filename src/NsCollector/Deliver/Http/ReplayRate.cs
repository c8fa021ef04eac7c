namespace NsCollector.Deliver.Http;

/// <summary>
/// Limits the rate at which the backlog is sent: a token bucket that holds at most one second's bytes and may be overdrawn by one
/// spool file.
/// </summary>
internal sealed class ReplayRate
{
    private readonly long _bytesPerSecond;
    private double _bytes;
    private long _filledMs;

    /// <summary>A full bucket.</summary>
    /// <param name="bytesPerSecond">The rate; 0: no limit.</param>
    /// <param name="nowMs">The monotonic time in milliseconds.</param>
    internal ReplayRate(long bytesPerSecond, long nowMs)
    {
        _bytesPerSecond = bytesPerSecond;
        _bytes = bytesPerSecond;
        _filledMs = nowMs;
    }

    /// <summary>Milliseconds until the next spool file may be sent.</summary>
    internal long WaitMs(long nowMs)
    {
        if (_bytesPerSecond == 0) return 0;
        _bytes = Math.Min(_bytesPerSecond, _bytes + ((nowMs - _filledMs) / 1000.0 * _bytesPerSecond));
        _filledMs = nowMs;
        return _bytes > 0 ? 0 : (long)Math.Ceiling((1 - _bytes) * 1000.0 / _bytesPerSecond);
    }

    /// <summary>Records that a spool file was sent.</summary>
    internal void Consume(long bytes)
    {
        // Attempts while the server is down do not wait for the rate; their debts are not added up.
        if (_bytesPerSecond > 0) _bytes = Math.Max(_bytes, 0) - bytes;
    }
}
