using System.Globalization;
using NsCollector.Linux;

namespace NsCollector.Host.Check;

/// <summary>The limits of inotify(7), for each user but the queue's, which is for each instance. Null: not known.</summary>
/// <param name="MaxUserWatches">Directories that may be watched.</param>
/// <param name="MaxQueuedEvents">Events that may wait; past it they are lost, and the agent walks all cgroups anew.</param>
/// <param name="MaxUserInstances">Descriptors of inotify_init(2).</param>
internal sealed record InotifyLimits(long? MaxUserWatches, long? MaxQueuedEvents, long? MaxUserInstances)
{
    internal static InotifyLimits Read(HostRoots roots) => new(
        Number(roots.Proc + "/sys/fs/inotify/max_user_watches"),
        Number(roots.Proc + "/sys/fs/inotify/max_queued_events"),
        Number(roots.Proc + "/sys/fs/inotify/max_user_instances"));

    private static long? Number(string path) =>
        long.TryParse(TextFile.Read(path)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
