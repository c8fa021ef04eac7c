namespace NsCollector.Discover.Recognise;

/// <summary>Docker Engine: <c>docker-ID.scope</c> with the systemd driver, <c>PARENT/ID</c> with cgroupfs.</summary>
/// <remarks>
/// The parent is <c>/docker</c> unless <c>--cgroup-parent</c> is set (as ECS does: <c>/ecs/TASK/ID</c>), so a bare id counts
/// anywhere. The recognisers of other runtimes with bare ids come first.
/// Source: moby, daemon/oci_linux.go (withCgroups).
/// </remarks>
internal sealed class DockerRecogniser : IContainerRecogniser
{
    /// <inheritdoc/>
    public IReadOnlyList<string> ParentNames { get; } = ["docker", "docker-ce", "ecs"];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        CgroupPath cgroup = new(path);
        ReadOnlySpan<char> slice = default;
        if (!OciId.TryCut(cgroup.Last, "docker-", ".scope", out ReadOnlySpan<char> id) && !OciId.TryCutUnsplit(cgroup.Last, ":docker:", out slice, out id))
        {
            if (!OciId.Is(cgroup.Last) || IsOtherRuntimes(cgroup)) return false;
            id = cgroup.Last;
        }

        container = new(ContainerRuntime.Docker, id.ToString(), null, KubernetesPod.UidOf(slice, cgroup.Above));
        return true;
    }

    private static bool IsOtherRuntimes(CgroupPath cgroup) =>
        // A cgroup that a container created inside its own.
        OciId.IsIn(cgroup.Parent)
        // The pods of podman's cgroupfs driver; their containers are below them.
        || cgroup.Parent is "libpod_parent"
        // The cgroup of Kata's hypervisor; the container is elsewhere.
        || cgroup.Parent is "kata_overhead"
        // runc leaves this in the cpuset hierarchy of v1; the container's true cgroup is in the other hierarchies.
        || (cgroup.Parent is "cpuset" && cgroup.Grandparent is "containerd.service");
}
