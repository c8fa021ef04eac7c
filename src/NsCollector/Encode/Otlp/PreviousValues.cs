namespace NsCollector.Encode.Otlp;

/// <summary>The previous values of the counters of one container, of one of its rows, or of the agent, for deltas.</summary>
/// <param name="first">The index of the first reading.</param>
/// <param name="count">The number of readings.</param>
internal sealed class PreviousValues(int first, int count)
{
    private readonly long[] _values = new long[count];

    // 0: there is none.
    private readonly long[] _timesNs = new long[count];

    /// <summary>The key of the row: its encoded attributes.</summary>
    internal byte[] Key { get; init; } = [];

    /// <summary>The number of the sample that had the row last.</summary>
    internal long Seen { get; set; }

    /// <summary>Replaces the previous value of a counter.</summary>
    /// <param name="index">The index of the reading.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeNs">When it was read.</param>
    /// <param name="zeroNs">When the counter was certainly 0: the birth of the container, or the start of the agent; 0 if that is not known.</param>
    /// <param name="delta">What was added since the previous value. If the counter has fallen, it has begun again, and this is its whole value.</param>
    /// <param name="startNs">The time since which it was added.</param>
    /// <returns>False if there is no previous value.</returns>
    internal bool TryReplace(int index, long value, long timeNs, long zeroNs, out long delta, out long startNs)
    {
        index -= first;
        long before = _values[index];
        startNs = _timesNs[index];
        _values[index] = value;
        _timesNs[index] = timeNs;
        if (startNs == 0) (before, startNs) = (0, zeroNs);
        delta = value >= before ? value - before : value;

        // The clock may have been set back. A start after the end would make the point invalid.
        startNs = Math.Min(startNs, timeNs);
        return startNs > 0;
    }
}
