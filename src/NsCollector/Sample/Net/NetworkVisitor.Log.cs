using Microsoft.Extensions.Logging;

namespace NsCollector.Sample.Net;

/// <summary>What it logs.</summary>
internal sealed unsafe partial class NetworkVisitor
{
    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Network counters are read by entering each container's network namespace.")]
    private static partial void LogVisit(ILogger logger);

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "Network counters are read from /proc/PID/net, because network.mode = proc; conntrack counters are not available.")]
    private static partial void LogProc(ILogger logger);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "Network counters are read from /proc/PID/net, because this process lacks {Missing}; conntrack counters are not available. Grant it to enter network namespaces.")]
    private static partial void LogFallback(ILogger logger, string missing);

    [LoggerMessage(EventId = 204, Level = LogLevel.Error, Message = "Cannot read network counters: network.mode = visit, but this process lacks {Missing}. Grant it, or set network.mode = auto.")]
    private static partial void LogVisitNotPermitted(ILogger logger, string missing);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "Cannot read the network namespace of process {Pid}: {Error} ({Text}). More failures within a minute are only counted (setns_errors, read_errors).")]
    private static partial void LogFailure(ILogger logger, int pid, int error, string text);
}
