namespace NsCollector.Linux.Watch;

/// <summary>A cgroup file whose text is kept at the end of a container, or when one of its processes was killed for lack of memory.</summary>
/// <param name="Hierarchy">Index into <see cref="WatchPlan.Hierarchies"/>.</param>
/// <param name="Name">Its name in the container's directory.</param>
/// <param name="AtEnd">Whether it is read when the container ends.</param>
/// <param name="AtOom">Whether it is read when a process of it was killed for lack of memory.</param>
internal sealed record WatchedFile(int Hierarchy, string Name, bool AtEnd, bool AtOom);
