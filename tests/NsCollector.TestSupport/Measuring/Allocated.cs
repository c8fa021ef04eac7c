namespace NsCollector.TestSupport.Measuring;

/// <summary>What code allocates that must allocate nothing.</summary>
public static class Allocated
{
    private const int Rounds = 3;

    /// <summary>
    /// The bytes that this thread allocated in the cheapest of three rounds: what allocates does so in every round; the
    /// compiler, which comes by when it likes, does not.
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
