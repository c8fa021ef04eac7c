using System.Globalization;
using NsCollector.Discover;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>What this kernel and these privileges allow to be told of the births and ends of containers.</summary>
internal static class WatchCheck
{
    /// <summary>The kernel's own default is larger than any of these on every host with memory for containers.</summary>
    internal const int FewWatches = 8192;

    internal const int FewQueuedEvents = 16_384;
    internal const int FewInstances = 16;

    internal static IEnumerable<Finding> Findings(WatchAccess access, InotifyLimits limits, DiscoverOptions options)
    {
        yield return access.PidfdOpen == 0
            ? Finding.Ok("ends of containers: told at once (pidfd_open was tried, and works)")
            : Finding.Warn($"ends of containers: pidfd_open is refused ({ErrorName(access.PidfdOpen)}): the kernel is older than 5.3, or a filter of system calls stands in the way; lost are the last totals of containers, and ends are seen up to an interval late");
        if (access.PidfdOpen == 0)
        {
            yield return access.ExitStatus == 0
                ? Finding.Ok("exit codes: told by the kernel (PIDFD_GET_INFO)")
                : Finding.Warn("exit codes: this kernel does not tell them (PIDFD_GET_INFO, Linux 6.15); lost are exit code and signal of containers that end");
        }

        yield return (options.RealTime, access.Scheduling.IsRealTime) switch
        {
            (false, _) => Finding.Ok($"real time: off by configuration ([discovery] real_time), nice {Number(access.Scheduling.Nice)} instead"),
            (true, true) => Finding.Ok("real time: granted to the thread that reads the last totals"),
            _ => Finding.Warn($"real time: refused ({ErrorName(access.Scheduling.Error)}), nice {Number(access.Scheduling.Nice)} instead; lost, while the host is busy, are the last totals of some containers (grant CAP_SYS_NICE, or LimitRTPRIO=1 in the unit)"),
        };

        yield return Limit("max_user_watches", limits.MaxUserWatches, FewWatches, "directories of cgroups beyond that are only walked, so births there are seen up to an interval late");
        yield return Limit("max_queued_events", limits.MaxQueuedEvents, FewQueuedEvents, "when more happens at once, births are seen by the next walk only");
        yield return Limit("max_user_instances", limits.MaxUserInstances, FewInstances, "with none left for the agent, births are seen up to an interval late");
    }

    private static Finding Limit(string name, long? value, int few, string lost)
    {
        if (value is not { } known) return Finding.Warn($"inotify {name}: not known");
        string text = $"inotify {name}: {Number(known)}";
        return known >= few ? Finding.Ok(text) : Finding.Warn($"{text} is little: {lost} (raise fs.inotify.{name} to {Number(few)})");
    }

    private static string ErrorName(int error) => Errno.Name(-error);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
