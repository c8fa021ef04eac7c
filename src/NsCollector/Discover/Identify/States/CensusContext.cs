using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.States;

/// <summary>What the censuses of all runtimes share.</summary>
/// <param name="options">The bounds.</param>
/// <param name="counters">Counts what could not be read, once for each version of a file.</param>
/// <param name="log">Receives warnings about it.</param>
internal sealed class CensusContext(DiscoverOptions options, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>The most containers of one runtime that are counted.</summary>
    internal int MaxContainers => options.MaxContainers;

    /// <summary>The largest state file that is read, in bytes.</summary>
    internal int MaxFileBytes => options.MaxStateFileBytes;

    /// <summary>A state file, or a directory of them, could not be used.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="outcome">Why.</param>
    internal void Failed(string path, StateFileOutcome outcome)
    {
        counters.Add(AgentCounter.IdentityErrors);
        string reason = outcome == StateFileOutcome.Read ? "its format is unknown" : outcome.ToString();
        log.Warning("census unreadable", $"Cannot read {path} ({reason}), so container_state is incomplete. To read other users' files, the agent needs CAP_DAC_READ_SEARCH. discovery.max_state_file limits the size.");
    }

    /// <summary>A directory has more containers than are counted.</summary>
    internal void OverLimit(string path, int count)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        log.Warning("census over limit", $"{path} has more than {MaxContainers} containers, so container_state does not count all. Raise discovery.max_containers.");
    }

    /// <summary>The state files are still being read.</summary>
    /// <param name="elapsed">Since when.</param>
    /// <param name="isFirst">Whether this is the first call about this census: it counts once.</param>
    internal void Hung(TimeSpan elapsed, bool isFirst)
    {
        if (isFirst) counters.Add(AgentCounter.IdentityErrors);
        log.Warning("census hung", $"The runtimes' state files have been read for {elapsed.TotalSeconds:0} s without an end, so container_state is not updated. Check the disks that hold them, or set discovery.container_states = off.");
    }
}
