namespace NsCollector.Sample;

/// <summary>
/// How often a part of the readings is taken, if that is not in every cycle: each container in its own cycles, so that the
/// cost is spread over them. The first reading of a container always has the part.
/// </summary>
/// <param name="every">From one reading of the part to the next.</param>
/// <param name="cycle">From one cycle to the next.</param>
internal sealed class Pace(TimeSpan every, TimeSpan cycle)
{
    private readonly long _everyNs = (long)(every.TotalMilliseconds * 1e6);
    private readonly long _cycleNs = (long)(cycle.TotalMilliseconds * 1e6);

    /// <summary>Whether it is not in every cycle.</summary>
    internal bool IsSlower { get; } = every > cycle;

    /// <summary>Whether a container's part is to be read now.</summary>
    /// <param name="key">The container's key.</param>
    /// <param name="nextNs">When it is due next, on the monotonic clock; <see cref="long.MinValue"/> at first.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal bool IsDue(long key, ref long nextNs, long nowNs)
    {
        if (!IsSlower) return true;
        if (nextNs == long.MinValue)
        {
            // The second reading comes after a part of the interval that differs between containers: whole cycles if the
            // interval is a multiple, so that a cycle that begins a little early or late makes no difference.
            double spread = Spread(key) * _everyNs;
            nextNs = nowNs + (_everyNs % _cycleNs == 0 ? _cycleNs * (1 + (long)(spread / _cycleNs)) : (_cycleNs / 2) + (long)spread);
            return true;
        }

        if (nowNs + (_cycleNs / 2) < nextNs) return false;
        nextNs = Math.Max(nextNs + _everyNs, nowNs + (_everyNs / 2));
        return true;
    }

    /// <summary>A number from 0 to 1, exclusive, evenly spread over keys.</summary>
    internal static double Spread(long key) => ((ulong)key * 0x9E3779B97F4A7C15UL >> 40) / (double)(1 << 24);
}
