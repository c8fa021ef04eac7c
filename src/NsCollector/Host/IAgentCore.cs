namespace NsCollector.Host;

/// <summary>
/// The four rooms put together, as the host starts and ends them. Every thread they have is made in <see cref="Start"/>
/// and ended by <see cref="WaitStopped"/>; the host itself only waits.
/// </summary>
internal interface IAgentCore : IDisposable
{
    /// <summary>Starts discovery, the sinks and the sampling thread.</summary>
    /// <returns>Null, or why it cannot work at all. What time or the administrator can mend while it runs is no reason.</returns>
    string? Start();

    /// <summary>Asks for the end: the running cycle is finished, no other begins. Returns at once.</summary>
    void RequestStop();

    /// <summary>Waits for the last cycle, then for the sinks to write out what they hold, all within the time.</summary>
    /// <param name="timeout">From now to the end of both; what a sink could not deliver by then is counted as dropped.</param>
    /// <returns>Whether every thread has ended; false means that one hangs.</returns>
    bool WaitStopped(TimeSpan timeout);

    /// <summary>Opens again what the sinks write to (SIGHUP). Returns at once.</summary>
    void Reopen();

    /// <summary>When the last cycle was completed, CLOCK_MONOTONIC in nanoseconds; 0 before the first. Read from another thread.</summary>
    long LastCycleCompletedMonotonicNs { get; }

    /// <summary>One line for systemctl status, such as "37 containers, 1024 points a cycle".</summary>
    string Status { get; }
}
