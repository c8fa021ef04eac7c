namespace NsCollector.Discover.Recognise;

/// <summary>What a cgroup's path says of its container.</summary>
/// <param name="Runtime">The runtime that created it, as far as the path shows.</param>
/// <param name="Id">The id of an OCI runtime, the name for LXC and nspawn, the path itself for services and named cgroups.</param>
/// <param name="Name">The name, if the path has it: LXC, nspawn, systemd services (the unit's name).</param>
/// <param name="PodUid">The uid of the Kubernetes pod whose cgroup has it, with dashes; null outside Kubernetes.</param>
internal readonly record struct RecognisedContainer(ContainerRuntime Runtime, string Id, string? Name, string? PodUid)
{
    /// <summary>
    /// The cgroup path of the innermost container that it is inside; null if it is the host's. The owner of that container
    /// chose the id, so the state of the host's runtimes says nothing about it.
    /// </summary>
    internal string? Within { get; init; }

    /// <summary>Whether a runtime has created it: services and named cgroups are the administrator's, and may run a runtime of the host.</summary>
    internal bool IsOfRuntime => Runtime is not (ContainerRuntime.Systemd or ContainerRuntime.Cgroup);
}
