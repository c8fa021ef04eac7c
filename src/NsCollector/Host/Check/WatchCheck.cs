using System.Globalization;
using NsCollector.Discover;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>Whether the kernel and the privileges let the agent watch births and exits of containers.</summary>
internal static class WatchCheck
{
    /// <summary>The kernel's defaults are larger than these limits on any host with memory for containers.</summary>
    internal const int MinWatches = 8192;

    internal const int MinQueuedEvents = 16_384;
    internal const int MinInstances = 16;

    internal static IEnumerable<Finding> Findings(WatchAccess access, InotifyLimits limits, DiscoverOptions options)
    {
        yield return access.PidfdOpen == 0
            ? Finding.Ok("exits of containers: seen immediately (pidfd_open works)")
            : Finding.Warn($"exits of containers: pidfd_open failed ({ErrorName(access.PidfdOpen)}); exits are seen up to an interval late and without final totals; use Linux 5.3 or newer and allow pidfd_open in the system call filter");
        if (access.PidfdOpen == 0)
        {
            yield return access.ExitStatus == 0
                ? Finding.Ok("exit codes: reported by the kernel (PIDFD_GET_INFO)")
                : Finding.Warn("exit codes: this kernel does not report them (PIDFD_GET_INFO needs Linux 6.15); exit code and signal of containers are missing");
        }

        yield return (options.RealTime, access.Scheduling.IsRealTime) switch
        {
            (false, _) => Finding.Ok($"real-time priority: turned off by the configuration ([discovery] real_time), nice {Number(access.Scheduling.Nice)} instead"),
            (true, true) => Finding.Ok("real-time priority: granted to the thread that reads final totals"),
            _ => Finding.Warn($"real-time priority: refused ({ErrorName(access.Scheduling.Error)}), nice {Number(access.Scheduling.Nice)} instead; on a busy host the final totals of some containers are missed; grant CAP_SYS_NICE, or set LimitRTPRIO=1 in the unit"),
        };

        yield return Limit("max_user_watches", limits.MaxUserWatches, MinWatches, "births in further cgroup directories are seen up to an interval late, by walks");
        yield return Limit("max_queued_events", limits.MaxQueuedEvents, MinQueuedEvents, "if more events are pending, births are seen only by the next walk");
        yield return Limit("max_user_instances", limits.MaxUserInstances, MinInstances, "if none is left for the agent, births are seen up to an interval late");
    }

    private static Finding Limit(string name, long? value, int min, string effect)
    {
        if (value is not { } known) return Finding.Warn($"inotify {name}: unknown");
        string text = $"inotify {name}: {Number(known)}";
        return known >= min ? Finding.Ok(text) : Finding.Warn($"{text} is low: {effect}; raise fs.inotify.{name} to {Number(min)}");
    }

    private static string ErrorName(int error) => Errno.Name(-error);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
