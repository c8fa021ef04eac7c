using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>Counts and logs what goes wrong with one daemon. Used by one thread.</summary>
/// <param name="options">The daemon's socket and bounds.</param>
/// <param name="counters">Counts failures by kind.</param>
/// <param name="logger">Receives the messages, at most one of a kind in 15 minutes.</param>
internal sealed class EngineLog(EngineOptions options, AgentCounters counters, ILogger logger)
{
    private readonly RateLimitedLog _log = new(logger, TimeSpan.FromMinutes(15));
    private bool _hasFailed;

    /// <summary>The daemon can be followed.</summary>
    internal void Connected()
    {
        if (_hasFailed) _log.Information("engine again", $"The Engine API at {options.SocketPath} answers again.");
        _hasFailed = false;
    }

    internal void Failed(EngineFailure failure)
    {
        counters.Add(failure.Counter);
        if (failure.IsForbidden)
        {
            // The administrator's choice, and the files contain nearly the same: no reason to warn.
            _log.Information("engine forbidden", $"The Engine API at {options.SocketPath} is not used: {failure.Reason}. Names come from the runtime's files.");
            return;
        }

        _hasFailed = true;
        string kind = failure.Counter switch
        {
            AgentCounter.EngineErrorsUnreachable => "engine unreachable",
            AgentCounter.EngineErrorsTimedOut => "engine timed out",
            _ => "engine answer",
        };
        _log.Warning(kind, $"The Engine API at {options.SocketPath} failed: {failure.Reason}. Known names stay, new ones come from the runtime's files, and the agent tries again.");
    }

    /// <summary>One entry of a container, or one event, could not be parsed.</summary>
    internal void Malformed(string path)
    {
        counters.Add(AgentCounter.EngineErrorsAnswer);
        _log.Warning("engine malformed", $"The Engine API at {options.SocketPath} sent an entry in {path} that is malformed or longer than {options.MaxObjectBytes} bytes. The entry was ignored.");
    }

    /// <summary>There is no room for another container.</summary>
    internal void Full()
    {
        counters.Add(AgentCounter.ContainersOverLimit);
        _log.Warning("engine full", $"The Engine API at {options.SocketPath} has more containers than discovery.max_containers ({options.MaxContainers}). The others get no names from it; raise the limit.");
    }

    internal void LabelsLeftOut(int count) => counters.Add(AgentCounter.LabelsOverLimit, count);
}
