namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>A counter of the kernel, read repeatedly over some time.</summary>
internal sealed class CounterReadings
{
    private readonly List<(double Seconds, double Value)> _readings = [];

    /// <summary>The time, in seconds since the epoch.</summary>
    public static double Now => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    /// <summary>Adds a reading of now.</summary>
    public void Add(double value) => _readings.Add((Now, value));

    /// <summary>The increase in a second between two times, by linear interpolation between readings.</summary>
    /// <param name="from">In seconds since the epoch.</param>
    /// <param name="to">In seconds since the epoch.</param>
    public double Rate(double from, double to) => (At(to) - At(from)) / (to - from);

    private double At(double seconds)
    {
        int next = Math.Clamp(_readings.FindIndex(reading => reading.Seconds >= seconds) is >= 0 and var found ? found : _readings.Count - 1, 1, _readings.Count - 1);
        ((double Seconds, double Value) earlier, (double Seconds, double Value) later) = (_readings[next - 1], _readings[next]);
        return earlier.Value + ((later.Value - earlier.Value) * (seconds - earlier.Seconds) / (later.Seconds - earlier.Seconds));
    }
}
