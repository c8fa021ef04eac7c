using System.Diagnostics;

namespace NsCollector.TestSupport.Waiting;

/// <summary>Waits for what the kernel or another process does in its own time.</summary>
public static class Eventually
{
    // To end a broken run, not to measure.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again and again, after pauses that grow from 1 to 50 ms, until the answer is yes.</summary>
    /// <param name="condition">What is asked; it is asked once more when the time is up.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="otherwise">What else the message should tell.</param>
    /// <param name="patience">The bound, a minute unless it is given.</param>
    /// <exception cref="TimeoutException">The answer was not yes in time.</exception>
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
