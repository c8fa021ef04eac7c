namespace NsCollector.Discover.Recognise;

/// <summary>Docker Engine: <c>docker-ID.scope</c> with the systemd driver, <c>PARENT/ID</c> with cgroupfs.</summary>
/// <remarks>
/// The parent is <c>/docker</c> unless <c>--cgroup-parent</c> says otherwise (ECS does: <c>/ecs/TASK/ID</c>), so a bare id
/// counts wherever it stands, except where another maker of bare ids is known. The recognisers of those come first.
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
        if (!OciId.TryCut(cgroup.Last, "docker-", ".scope", out ReadOnlySpan<char> id))
        {
            if (!OciId.Is(cgroup.Last) || IsOtherMakers(cgroup)) return false;
            id = cgroup.Last;
        }

        container = new(ContainerRuntime.Docker, id.ToString(), null, KubernetesPod.UidAbove(cgroup.Above));
        return true;
    }

    private static bool IsOtherMakers(CgroupPath cgroup) =>
        // A cgroup that a container made for itself.
        OciId.IsCarriedBy(cgroup.Parent)
        // The pods of podman's cgroupfs driver; their containers are below.
        || cgroup.Parent is "libpod_parent"
        // The share of Kata's hypervisor; the container is elsewhere.
        || cgroup.Parent is "kata_overhead"
        // Left by runc in the cpuset hierarchy of v1 only: the same container has its true cgroup in the others.
        || (cgroup.Parent is "cpuset" && cgroup.Grandparent is "containerd.service");
}
