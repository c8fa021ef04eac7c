namespace NsCollector.Deliver.Influx;

/// <summary>
/// Holds the sending of what was left behind down to a number of bytes a second: a bucket that fills at that rate up to one
/// second's worth, and may be overdrawn by one parcel.
/// </summary>
internal sealed class ReplayRate
{
    private readonly long _bytesPerSecond;
    private double _bytes;
    private long _filledMs;

    /// <summary>A full bucket.</summary>
    /// <param name="bytesPerSecond">The rate; 0: no bound.</param>
    /// <param name="nowMs">The monotonic time in milliseconds.</param>
    internal ReplayRate(long bytesPerSecond, long nowMs)
    {
        _bytesPerSecond = bytesPerSecond;
        _bytes = bytesPerSecond;
        _filledMs = nowMs;
    }

    /// <summary>After how many milliseconds the next parcel may go.</summary>
    internal long WaitMs(long nowMs)
    {
        if (_bytesPerSecond == 0) return 0;
        _bytes = Math.Min(_bytesPerSecond, _bytes + ((nowMs - _filledMs) / 1000.0 * _bytesPerSecond));
        _filledMs = nowMs;
        return _bytes > 0 ? 0 : (long)Math.Ceiling((1 - _bytes) * 1000.0 / _bytesPerSecond);
    }

    /// <summary>A parcel went.</summary>
    internal void Consume(long bytes)
    {
        // Tries while the server is down do not wait for their turn; what they owe is not added up.
        if (_bytesPerSecond > 0) _bytes = Math.Max(_bytes, 0) - bytes;
    }
}
