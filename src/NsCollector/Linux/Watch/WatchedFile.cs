namespace NsCollector.Linux.Watch;

/// <summary>A cgroup file that the watch reads at an exit or an OOM kill: nsc_watch_file.</summary>
/// <param name="Hierarchy">Index into <see cref="WatchPlan.Hierarchies"/>.</param>
/// <param name="Name">Its name in the container's directory.</param>
/// <param name="AtExit">Whether it is read at an exit.</param>
/// <param name="AtOom">Whether it is read at an OOM kill.</param>
/// <param name="InsteadOf">Index of the hierarchy whose files say the same: it is read only of containers that are not there. -1: of all.</param>
internal sealed record WatchedFile(int Hierarchy, string Name, bool AtExit, bool AtOom, int InsteadOf = -1);
