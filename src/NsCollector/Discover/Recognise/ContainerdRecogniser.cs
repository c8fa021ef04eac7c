namespace NsCollector.Discover.Recognise;

/// <summary>containerd: its CRI plugin with either driver, nerdctl, and containers of the namespaces that ctr and nerdctl use.</summary>
/// <remarks>
/// A bare id in a pod's cgroup could also be dockershim's, which Kubernetes removed in 1.24; it counts as containerd's. If
/// ctr created a container under another name than an id, its path looks like any other cgroup. Configure those in
/// <c>discovery.cgroup_paths</c>.
/// </remarks>
internal sealed class ContainerdRecogniser : IContainerRecogniser
{
    /// <inheritdoc/>
    public IReadOnlyList<string> ParentNames { get; } = ["default", "k8s.io", "buildkit", "containerd.service", "garden"];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        CgroupPath cgroup = new(path);
        ReadOnlySpan<char> last = cgroup.Last;
        string? podUid = null;
        if (OciId.TryCut(last, "cri-containerd-", ".scope", out ReadOnlySpan<char> id) || OciId.TryCut(last, "nerdctl-", ".scope", out id))
        {
            podUid = KubernetesPod.UidAbove(cgroup.Above);
        }
        else if (OciId.TryCutUnsplit(last, ":cri-containerd:", out ReadOnlySpan<char> slice, out id) || OciId.TryCutUnsplit(last, ":nerdctl:", out slice, out id))
        {
            podUid = KubernetesPod.UidOf(slice, cgroup.Above);
        }
        else if (OciId.Is(last) && (KubernetesPod.TryParse(cgroup.Parent, out podUid) || cgroup.Parent is "default" or "k8s.io" or "buildkit"))
        {
            id = last;
        }
        else if (OciId.IsFargate(last) && IsTaskOfEcs(cgroup))
        {
            id = last;
        }
        else
        {
            return false;
        }

        container = new(ContainerRuntime.Containerd, id.ToString(), null, podUid);
        return true;
    }

    // Fargate's ids contain the task's: /ecs/TASK/TASK-N, and with newer agents /ecs/CLUSTER/TASK/TASK-N.
    private static bool IsTaskOfEcs(CgroupPath cgroup)
    {
        if (!cgroup.Last[..32].SequenceEqual(cgroup.Parent)) return false;
        if (cgroup.Grandparent is "ecs") return true;
        CgroupPath.CutLast(cgroup.Above, out ReadOnlySpan<char> above);
        CgroupPath.CutLast(above, out above);
        return CgroupPath.CutLast(above, out _) is "ecs";
    }
}
