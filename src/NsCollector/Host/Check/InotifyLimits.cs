using System.Globalization;
using NsCollector.Linux;

namespace NsCollector.Host.Check;

/// <summary>The limits of inotify(7): the queue limit is per instance, the other limits are per user. Null if unknown.</summary>
/// <param name="MaxUserWatches">Maximum watched directories.</param>
/// <param name="MaxQueuedEvents">Maximum queued events. Beyond it events are lost, and the agent walks all cgroups.</param>
/// <param name="MaxUserInstances">Maximum descriptors of inotify_init(2).</param>
internal sealed record InotifyLimits(long? MaxUserWatches, long? MaxQueuedEvents, long? MaxUserInstances)
{
    internal static InotifyLimits Read(HostRoots roots) => new(
        Number(roots.Proc + "/sys/fs/inotify/max_user_watches"),
        Number(roots.Proc + "/sys/fs/inotify/max_queued_events"),
        Number(roots.Proc + "/sys/fs/inotify/max_user_instances"));

    private static long? Number(string path) =>
        long.TryParse(TextFile.Read(path)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
