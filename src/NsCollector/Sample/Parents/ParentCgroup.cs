using NsCollector.Discover;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Parents;

/// <summary>A cgroup that contains containers, directly or further below, and what is kept for it between cycles. For the sampling thread.</summary>
/// <param name="container">Its path and, for a pod, the pod's names.</param>
/// <param name="cgroup">Its open files.</param>
internal sealed class ParentCgroup(Container container, ContainerCgroup cgroup)
{
    /// <summary>Replaced when the names of its pod become known.</summary>
    internal Container Container { get; private set; } = container;

    /// <summary>Replaced when the cgroup was removed and created again.</summary>
    internal ContainerCgroup Cgroup { get; set; } = cgroup;

    /// <summary>Its last sample.</summary>
    internal ContainerSample Sample { get; } = new();

    /// <summary>The last generation of the container list that has a container below it.</summary>
    internal long Generation { get; set; }

    /// <summary>Whether the agent's mounts do not show it.</summary>
    internal bool IsHidden => !Cgroup.Exists.AsSpan().Contains(true);

    /// <summary>Takes the names of the pod from one of its containers, if the cgroup is that pod's.</summary>
    internal void TakePod(ContainerIdentity child)
    {
        ContainerIdentity own = Container.Identity;
        if (child.PodUid is not { Length: > 0 } uid || child.Pod is null || !IsOfPod(Container.CgroupPath, uid)) return;
        if (own.Pod == child.Pod && own.Namespace == child.Namespace) return;
        Container = Container with { Identity = own with { Namespace = child.Namespace, Pod = child.Pod, PodUid = uid } };
    }

    /// <summary>
    /// Whether it is the cgroup of a pod: <c>podUID</c>, or <c>kubepods-burstable-podUID.slice</c> with underscores in the uid
    /// (GetPodContainerName and CgroupName.ToSystemd in pkg/kubelet/cm).
    /// </summary>
    private static bool IsOfPod(ReadOnlySpan<char> path, ReadOnlySpan<char> uid)
    {
        ReadOnlySpan<char> name = path[(path.LastIndexOf('/') + 1)..];
        if (name.EndsWith(".slice", StringComparison.Ordinal)) name = name[..^".slice".Length];
        if (name.Length < uid.Length + 3 || !name[..^uid.Length].EndsWith("pod", StringComparison.Ordinal)) return false;
        name = name[^uid.Length..];
        for (int i = 0; i < uid.Length; i++)
        {
            if (name[i] != uid[i] && !(uid[i] == '-' && name[i] == '_')) return false;
        }

        return true;
    }
}
