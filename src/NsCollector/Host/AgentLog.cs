using Microsoft.Extensions.Logging;

namespace NsCollector.Host;

/// <summary>What <see cref="Agent"/> says. The event ids are numbered by hand: the ones that are made up else are random numbers in every line.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "NsCollector {Version} starts: every {Interval}, sinks {Sinks}, configuration {Files}")]
    internal static partial void Starting(ILogger logger, string version, string interval, string sinks, string files);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "Cannot start: {Problem}")]
    internal static partial void CannotStart(ILogger logger, string problem);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Cannot notify systemd: {Problem}")]
    internal static partial void CannotNotify(ILogger logger, string problem);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Files reopened")]
    internal static partial void Reopened(ILogger logger);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "No cycle has been completed for {Seconds} s; the watchdog is no longer served")]
    internal static partial void NoCycle(ILogger logger, long seconds);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Stopping: finishing the cycle")]
    internal static partial void Stopping(ILogger logger);

    [LoggerMessage(EventId = 7, Level = LogLevel.Information, Message = "Stopped")]
    internal static partial void Stopped(ILogger logger);

    [LoggerMessage(EventId = 8, Level = LogLevel.Critical, Message = "Cannot go on: {Reason}")]
    internal static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(EventId = 9, Level = LogLevel.Error, Message = "Not stopped within {Seconds} s; what is not written yet is lost")]
    internal static partial void Hangs(ILogger logger, double seconds);

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "The sinks could not write out everything in time; points dropped since the start: {Points}")]
    internal static partial void NotAllDelivered(ILogger logger, long points);

    [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "{Containers} containers found in {Milliseconds} ms")]
    internal static partial void Found(ILogger logger, int containers, long milliseconds);

    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "The ends of containers are watched for in real time (SCHED_FIFO)")]
    internal static partial void WatchesInRealTime(ILogger logger);

    [LoggerMessage(EventId = 13, Level = LogLevel.Warning, Message = "The ends of containers are watched for at nice {Nice}, not in real time: on a busy host the last totals of some will be missed (final=false); grant CAP_SYS_NICE or LimitRTPRIO=1")]
    internal static partial void WatchesAtNice(ILogger logger, int nice);

    [LoggerMessage(EventId = 14, Level = LogLevel.Error, Message = "The ends of containers cannot be watched for (errno {Errno}): they are seen by walks only, with the totals of the last sample")]
    internal static partial void CannotWatch(ILogger logger, int errno);

    [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message = "Cannot notify systemd: {Problem} (messages lost: {Lost}; reported once an hour at most). The agent goes on; if systemd runs it, restart the unit")]
    internal static partial void CannotNotifyNow(ILogger logger, string problem, long lost);

    [LoggerMessage(EventId = 16, Level = LogLevel.Warning, Message = "Cannot look up users and groups: {Problem}. Until then new files keep the agent's owner and group unless those are given as numbers, and rootless Podman containers have their ids as names")]
    internal static partial void NoAccounts(ILogger logger, string problem);
}
