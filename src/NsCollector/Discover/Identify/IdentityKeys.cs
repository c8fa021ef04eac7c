namespace NsCollector.Discover.Identify;

/// <summary>
/// Under which keys of its labels or annotations a runtime keeps what Kubernetes calls a container. Each runtime has its
/// own, and only those are believed: a pod's user may set others.
/// </summary>
internal sealed class IdentityKeys
{
    /// <summary>None, for runtimes that have neither labels nor annotations.</summary>
    internal static readonly IdentityKeys None = new() { Container = [], Pod = [], Namespace = [], PodUid = [], Type = [] };

    /// <summary>
    /// Labels that cri-dockerd (and dockershim before) gives Docker's containers: core/docker_service.go and
    /// kubelet's types.go. Anybody can give a container of Docker such labels, so a name counts only with a whole pod.
    /// </summary>
    internal static readonly IdentityKeys Docker = new()
    {
        Container = "io.kubernetes.container.name"u8.ToArray(),
        Pod = "io.kubernetes.pod.name"u8.ToArray(),
        Namespace = "io.kubernetes.pod.namespace"u8.ToArray(),
        PodUid = "io.kubernetes.pod.uid"u8.ToArray(),
        Type = "io.kubernetes.docker.type"u8.ToArray(),
        SandboxType = "podsandbox"u8.ToArray(),
        NeedsPod = true,
    };

    /// <summary>Annotations of the bundle by containerd's CRI plugin (pkg/cri/annotations/annotations.go), and the name that nerdctl keeps there.</summary>
    internal static readonly IdentityKeys Containerd = new()
    {
        Name = "nerdctl/name"u8.ToArray(),
        Container = "io.kubernetes.cri.container-name"u8.ToArray(),
        Pod = "io.kubernetes.cri.sandbox-name"u8.ToArray(),
        Namespace = "io.kubernetes.cri.sandbox-namespace"u8.ToArray(),
        PodUid = "io.kubernetes.cri.sandbox-uid"u8.ToArray(),
        Type = "io.kubernetes.cri.container-type"u8.ToArray(),
        Image = "io.kubernetes.cri.image-name"u8.ToArray(),
    };

    /// <summary>Annotations of the bundle by CRI-O (pkg/annotations, and the kubelet's own labels as annotations).</summary>
    internal static readonly IdentityKeys Crio = new()
    {
        Container = "io.kubernetes.container.name"u8.ToArray(),
        Pod = "io.kubernetes.pod.name"u8.ToArray(),
        Namespace = "io.kubernetes.pod.namespace"u8.ToArray(),
        PodUid = "io.kubernetes.pod.uid"u8.ToArray(),
        Type = "io.kubernetes.cri-o.ContainerType"u8.ToArray(),
        Image = "io.kubernetes.cri-o.ImageName"u8.ToArray(),
        Labels = "io.kubernetes.cri-o.Labels"u8.ToArray(),
    };

    // A key that a runtime has not is empty here, and an empty key of a file means nothing.
    internal byte[] Name { get; private init; } = [];

    internal required byte[] Container { get; init; }

    internal required byte[] Pod { get; init; }

    internal required byte[] Namespace { get; init; }

    internal required byte[] PodUid { get; init; }

    internal required byte[] Type { get; init; }

    /// <summary>What stands under <see cref="Type"/> for a pod's sandbox.</summary>
    internal byte[] SandboxType { get; private init; } = "sandbox"u8.ToArray();

    internal byte[] Image { get; private init; } = [];

    /// <summary>Where the labels stand as a JSON text of their own; empty where the keys themselves are the labels.</summary>
    internal byte[] Labels { get; private init; } = [];

    /// <summary>Whether the container's name counts only beside a pod's name and namespace.</summary>
    internal bool NeedsPod { get; private init; }
}
