using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.States;

/// <summary>Bounds and error handling that the censuses of all runtimes share.</summary>
/// <param name="options">The bounds.</param>
/// <param name="counters">Counts files that could not be read, once for each version of a file.</param>
/// <param name="log">Receives warnings about it.</param>
internal sealed class CensusContext(DiscoverOptions options, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>Maximum containers of one runtime that are counted.</summary>
    internal int MaxContainers => options.MaxContainers;

    /// <summary>Maximum size of a state file, in bytes.</summary>
    internal int MaxFileBytes => options.MaxStateFileBytes;

    /// <summary>Reports a state file, or a directory of state files, that could not be used.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="outcome">The reason.</param>
    internal void Failed(string path, StateFileOutcome outcome)
    {
        counters.Add(AgentCounter.IdentityErrors);
        string reason = outcome == StateFileOutcome.Read ? "its format is unknown" : outcome.ToString();
        log.Warning("census unreadable", $"Cannot read {path} ({reason}), so container_state is incomplete. To read other users' files, the agent needs CAP_DAC_READ_SEARCH. discovery.max_state_file limits the size.");
    }

    /// <summary>Reports a directory with too many containers.</summary>
    internal void OverLimit(string path, int count)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        log.Warning("census over limit", $"{path} has more than {MaxContainers} containers, so container_state does not count all of them. Raise discovery.max_containers.");
    }

    /// <summary>Reports a census that has not ended.</summary>
    /// <param name="elapsed">The time since its start.</param>
    /// <param name="isFirst">Whether this is the first call about this census, which is counted once.</param>
    internal void Hung(TimeSpan elapsed, bool isFirst)
    {
        if (isFirst) counters.Add(AgentCounter.IdentityErrors);
        log.Warning("census hung", $"Reading the runtimes' state files has not ended after {elapsed.TotalSeconds:0} s, so container_state is not updated. Check the disks that hold them, or set discovery.container_states = off.");
    }
}
