namespace NsCollector.GuestTests.Values;

/// <summary>A container of a test: its tags, and where the kernel's values are.</summary>
/// <param name="Runtime">The tag <c>runtime</c>.</param>
/// <param name="Name">The tag <c>container</c>.</param>
/// <param name="Id">The field <c>container_id</c>.</param>
/// <param name="Image">The tag <c>image</c>.</param>
/// <param name="Pid">Its init process.</param>
/// <param name="Cgroup">Its cgroup's path below the root.</param>
internal sealed record RunningContainer(string Runtime, string Name, string Id, string? Image, int Pid, string Cgroup);
