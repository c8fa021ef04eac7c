namespace NsCollector.Linux.Watch;

/// <summary>A file that the watch reads at an exit or an OOM kill: nsc_watch_file.</summary>
/// <param name="Hierarchy">Index into <see cref="WatchPlan.Hierarchies"/>, or <see cref="OfNetwork"/>.</param>
/// <param name="Name">Its name in the container's directory, or in net/ of its network namespace.</param>
/// <param name="AtExit">Whether it is read at an exit.</param>
/// <param name="AtOom">Whether it is read at an OOM kill.</param>
/// <param name="InsteadOf">Index of the hierarchy whose files say the same: it is read only of containers that are not there. -1: of all.</param>
internal sealed record WatchedFile(int Hierarchy, string Name, bool AtExit, bool AtOom, int InsteadOf = -1)
{
    /// <summary>NSC_WATCH_NETWORK: read at an exit inside the network namespace, if the runtime holds that by a bind mount.</summary>
    internal const int OfNetwork = -1;
}
