namespace NsCollector.TestSupport.Measuring;

/// <summary>Measures the allocations of code that must not allocate.</summary>
public static class Allocated
{
    private const int Rounds = 3;

    /// <summary>
    /// The bytes that this thread allocates in the cheapest of three rounds. Code that allocates does so in every round; the JIT
    /// compiler allocates only in some.
    /// </summary>
    public static long LeastOf(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
