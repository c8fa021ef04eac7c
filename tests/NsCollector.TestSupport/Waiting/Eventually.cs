using System.Diagnostics;

namespace NsCollector.TestSupport.Waiting;

/// <summary>Waits for something that the kernel or another process does.</summary>
public static class Eventually
{
    // The limit only ends a broken run.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Checks a condition repeatedly, with pauses that grow from 1 to 50 ms, until it is true.</summary>
    /// <param name="condition">The condition; it is checked once more after the time limit.</param>
    /// <param name="what">A description of the condition, for the message.</param>
    /// <param name="otherwise">More details for the message.</param>
    /// <param name="patience">The time limit; the default is one minute.</param>
    /// <exception cref="TimeoutException">The condition was not true in time.</exception>
    public static void True(Func<bool> condition, string what, Func<string>? otherwise = null, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan bound = patience ?? Patience, pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            bool isLast = clock.Elapsed > bound;
            if (condition())
                return;
            if (isLast)
                throw new TimeoutException($"not within {bound}: {what}. {otherwise?.Invoke()}");
            Thread.Sleep(pause);
            pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        }
    }
}
