namespace NsCollector.Sample.Traffic;

/// <summary>Which interfaces of a namespace are read at the exit of its owner.</summary>
/// <param name="Version">Of the <see cref="NsCollector.Discover.Watch.FinalCounterSource"/> that has them.</param>
/// <param name="Indexes">Their indexes in the namespace, in the order of that source.</param>
/// <param name="Others">How many other interfaces the namespace has, without lo.</param>
internal sealed record FinalLinks(uint Version, int[] Indexes, int Others)
{
    /// <summary>Nothing is read.</summary>
    internal static FinalLinks None { get; } = new(0, [], 0);
}
