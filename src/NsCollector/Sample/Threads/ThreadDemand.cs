namespace NsCollector.Sample.Threads;

/// <summary>
/// How many threads read the containers: one while a cycle's work fits well into the interval, more when it does not. Pure.
/// </summary>
/// <param name="configured">A fixed number; 0: as many as are needed.</param>
/// <param name="processors">The most that are used without a fixed number.</param>
/// <param name="interval">From one cycle to the next.</param>
internal sealed class ThreadDemand(int configured, int processors, TimeSpan interval)
{
    // A thread's part of a cycle: above the first, there are more threads; below the second, fewer.
    private const double MaxPart = 0.7;
    private const double MinPart = 0.5;

    private readonly double _intervalNs = interval.TotalNanoseconds;

    /// <summary>How many read in the next cycle.</summary>
    internal int Current { get; private set; } = Math.Max(1, configured);

    /// <summary>A cycle has ended.</summary>
    /// <param name="workNs">How long all threads together worked for it.</param>
    internal void Add(long workNs)
    {
        if (configured > 0) return;
        int needed = Math.Clamp((int)Math.Ceiling(workNs / (MaxPart * _intervalNs)), 1, Math.Max(1, processors));
        if (needed > Current || workNs < MinPart * _intervalNs * (Current - 1)) Current = needed;
    }
}
