namespace NsCollector.Discover;

/// <summary>One live container as discovery sees it. Immutable: a change creates a new object with the same <see cref="Key"/>.</summary>
/// <param name="Key">Unique for this incarnation of this cgroup within the agent's life; Sample keeps its descriptors by it.</param>
/// <param name="Identity">Its names.</param>
/// <param name="CgroupPath">Its path below the hierarchy's root, with a leading slash: <c>/docker/ID</c>.</param>
/// <param name="Init">Its init process; null if no process of the cgroup is visible.</param>
/// <param name="IdTag">The tag <c>id</c>, which distinguishes live containers with the same runtime, name and pod; null if there is no other.</param>
internal sealed record Container(
    long Key,
    ContainerIdentity Identity,
    string CgroupPath,
    ProcessDirectory? Init,
    string? IdTag = null)
{
    /// <summary>When its cgroup was created; null if the creation was not detected, for example because the agent started later.</summary>
    public ContainerBirth? Birth { get; init; }

    /// <summary>Restart count and health, as its runtime reports them; null if it reports neither. A change creates a new object.</summary>
    public RuntimeState? State { get; init; }

    /// <summary>
    /// Whether it is not a container, but a cgroup that contains containers. Discovery publishes none: Sample finds them by the paths of containers.
    /// </summary>
    public bool IsParent { get; init; }

    /// <summary>When its init process started, on CLOCK_BOOTTIME, in nanoseconds; null if there is none.</summary>
    public long? StartedBoottimeNs => Init is { StartedBoottimeNs: > 0 } init ? init.StartedBoottimeNs : null;
}
