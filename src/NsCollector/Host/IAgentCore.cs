namespace NsCollector.Host;

/// <summary>
/// Discovery, sampling, encoding and delivery, as the host starts and stops them. <see cref="Start"/> creates all threads and
/// <see cref="WaitStopped"/> ends them.
/// </summary>
internal interface IAgentCore : IDisposable
{
    /// <summary>Starts discovery, the sinks and the sampling thread.</summary>
    /// <returns>Null, or why it cannot work at all. A problem that may disappear while it runs is not a reason.</returns>
    string? Start();

    /// <summary>Requests the stop: the current cycle is finished and no other begins. Does not block.</summary>
    void RequestStop();

    /// <summary>Waits for the last cycle, then for the sinks to flush, within the timeout.</summary>
    /// <param name="timeout">For both together. What a sink could not deliver by then is counted as dropped.</param>
    /// <returns>Whether every thread has ended; false if one hangs.</returns>
    bool WaitStopped(TimeSpan timeout);

    /// <summary>Makes the sinks reopen their files, and reads the host's name again (SIGHUP). Does not block.</summary>
    void Reopen();

    /// <summary>When the last cycle was completed, CLOCK_MONOTONIC in nanoseconds; 0 before the first. Read from another thread.</summary>
    long LastCycleCompletedMonotonicNs { get; }

    /// <summary>One line for systemctl status, such as "37 containers, 1024 points a cycle".</summary>
    string Status { get; }
}
