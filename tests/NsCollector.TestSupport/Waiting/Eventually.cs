using System.Diagnostics;

namespace NsCollector.TestSupport.Waiting;

/// <summary>Waits for what other processes do in their own time. The bound is there to end a broken run, not to measure.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was not within a minute, or <paramref name="patience"/>; the message is <paramref name="what"/> and what <paramref name="otherwise"/> tells.</exception>
    public static void True(Func<bool> condition, string what, Func<string>? otherwise = null, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > (patience ?? Patience))
                throw new TimeoutException($"not within {patience ?? Patience}: {what}. {otherwise?.Invoke()}");
            Thread.Sleep(50);
        }
    }
}
