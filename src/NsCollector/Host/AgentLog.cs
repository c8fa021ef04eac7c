using Microsoft.Extensions.Logging;

namespace NsCollector.Host;

/// <summary>The log messages of the agent. Event ids are explicit, because generated ones would be random numbers in each line.</summary>
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

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "No cycle was completed for {Seconds} s; the agent stops sending keep-alives to the watchdog of systemd")]
    internal static partial void CyclesStalled(ILogger logger, long seconds);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Stopping: finishing the cycle")]
    internal static partial void Stopping(ILogger logger);

    [LoggerMessage(EventId = 7, Level = LogLevel.Information, Message = "Stopped")]
    internal static partial void Stopped(ILogger logger);

    [LoggerMessage(EventId = 8, Level = LogLevel.Critical, Message = "Cannot continue, the agent stops: {Reason}")]
    internal static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(EventId = 9, Level = LogLevel.Error, Message = "Could not stop within {Seconds} s; lines that are not written yet are lost")]
    internal static partial void StopTimedOut(ILogger logger, double seconds);

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "The sinks could not write all lines in time; points dropped since the start: {Points}")]
    internal static partial void NotAllDelivered(ILogger logger, long points);

    [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "Found {Containers} containers in {Milliseconds} ms")]
    internal static partial void ContainersFound(ILogger logger, int containers, long milliseconds);

    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "The watch for exits has real-time priority (SCHED_FIFO)")]
    internal static partial void WatchIsRealTime(ILogger logger);

    [LoggerMessage(EventId = 13, Level = LogLevel.Warning, Message = "The watch for exits has nice {Nice} and no real-time priority; on a busy host the final totals of some containers are missed (final=false). Grant CAP_SYS_NICE or LimitRTPRIO=1")]
    internal static partial void WatchIsNotRealTime(ILogger logger, int nice);

    [LoggerMessage(EventId = 14, Level = LogLevel.Error, Message = "Cannot watch for exits (errno {Errno}); walks find them later, and totals come from the last sample. See nscollector check")]
    internal static partial void CannotWatch(ILogger logger, int errno);

    [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message = "Cannot notify systemd: {Problem} (messages lost: {Lost}; logged at most once an hour). The agent continues; if systemd runs it, restart the unit")]
    internal static partial void CannotNotifyNow(ILogger logger, string problem, long lost);

    [LoggerMessage(EventId = 16, Level = LogLevel.Warning, Message = "Cannot look up users and groups: {Problem}. Until this works, give owner and group as numbers; containers of rootless Podman have their ids as names")]
    internal static partial void NoAccounts(ILogger logger, string problem);

    [LoggerMessage(EventId = 17, Level = LogLevel.Warning, Message = "The host's name has changed from {Before} to {Now}: the tag host of all points changes with it, so their series get new names. To keep a name, set host in the section [agent]")]
    internal static partial void HostNameChanged(ILogger logger, string before, string now);

    [LoggerMessage(EventId = 18, Level = LogLevel.Warning, Message = "Nothing to sample: {Problem}. Correct that key, unless such containers come later")]
    internal static partial void NothingToSample(ILogger logger, string problem);

    [LoggerMessage(EventId = 19, Level = LogLevel.Information, Message = "Serving HTTP on {Addresses}")]
    internal static partial void Serves(ILogger logger, string addresses);

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Everyone who can reach {Address} can read the names and figures of all containers, because no credentials are set. Set [http] token_file, or listen on 127.0.0.1.")]
    internal static partial void ServesEverybody(ILogger logger, string address);

    [LoggerMessage(EventId = 21, Level = LogLevel.Warning, Message = "The unix sockets keep the agent's own group, because group {Group} does not exist ([{Section}] socket_group). Create the group, or correct the key.")]
    internal static partial void SocketGroupUnknown(ILogger logger, string group, string section);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "Cannot set the group of {Path} ([{Section}] socket_group): error {Error}. The agent's user must be a member of the group, and the unit must allow fchownat (docs/prometheus.md).")]
    internal static partial void CannotSetSocketGroup(ILogger logger, string path, string section, int error);

    [LoggerMessage(EventId = 23, Level = LogLevel.Warning, Message = "Clients send credentials to {Address} in clear text, because TLS is off. Set [http] tls_certificate_file and tls_key_file.")]
    internal static partial void SendsInClearText(ILogger logger, string address);

    [LoggerMessage(EventId = 24, Level = LogLevel.Warning, Message = "Cannot set the mode of {Path} ([{Section}] listen): error {Error}. Members of its group may be unable to connect; check the permissions of its directory.")]
    internal static partial void CannotSetSocketMode(ILogger logger, string path, string section, int error);

    [LoggerMessage(EventId = 25, Level = LogLevel.Information, Message = "Serving Docker's API on {Addresses}")]
    internal static partial void ServesDockerApi(ILogger logger, string addresses);
}
