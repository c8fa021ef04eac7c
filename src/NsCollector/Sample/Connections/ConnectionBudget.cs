namespace NsCollector.Sample.Connections;

/// <summary>Limits the CPU time of full dumps. What they save is kept for later, at most for <see cref="SavedNs"/>.</summary>
/// <param name="percent">Maximum percent of one core; 0: no dumps.</param>
/// <param name="nowNs">The monotonic clock.</param>
internal sealed class ConnectionBudget(double percent, long nowNs)
{
    /// <summary>For how much time the budget is saved, in nanoseconds: bounds the work of one cycle.</summary>
    internal const long SavedNs = 10_000_000_000;

    // More than most (1 to 5 ms), so that the first cycle does not take much more than there is; corrected by the first dumps.
    private const long ExpectedNs = 5_000_000;

    private readonly double _share = percent / 100;
    private long _atNs = nowNs;
    private long _averageNs = ExpectedNs;

    /// <summary>CPU time that may be used now, in nanoseconds; negative after a dump that took more than there was.</summary>
    internal long LeftNs { get; private set; } = (long)(SavedNs * (percent / 100));

    /// <summary>How many dumps may begin now, as far as their cost can be foreseen.</summary>
    internal int Allowed(long nowNs)
    {
        long sinceNs = Math.Clamp(nowNs - _atNs, 0, SavedNs);
        _atNs = nowNs;
        LeftNs = Math.Min((long)(SavedNs * _share), LeftNs + (long)(sinceNs * _share));

        // One may take more than is left, so that a dump that costs more than all that is saved is made too.
        return LeftNs <= 0 ? 0 : (int)Math.Clamp(LeftNs / _averageNs, 1, int.MaxValue);
    }

    /// <summary>A full dump has used CPU time.</summary>
    internal void Spend(long cpuNs)
    {
        LeftNs -= cpuNs;
        _averageNs = Math.Max(1, _averageNs + ((cpuNs - _averageNs) / 8));
    }
}
