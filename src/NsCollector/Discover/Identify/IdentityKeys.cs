namespace NsCollector.Discover.Identify;

/// <summary>
/// The keys of the labels or annotations in which a runtime keeps the Kubernetes names of a container. Only the runtime's
/// own keys are used: a pod's user may set others.
/// </summary>
internal sealed class IdentityKeys
{
    /// <summary>None, for runtimes that have neither labels nor annotations.</summary>
    internal static readonly IdentityKeys None = new() { Container = [], Pod = [], Namespace = [], PodUid = [], Type = [] };

    /// <summary>
    /// Labels that cri-dockerd (and dockershim before) sets on Docker's containers: core/docker_service.go and
    /// kubelet's types.go. Anybody can set such labels, so a name counts only with the names of the pod and its namespace.
    /// </summary>
    internal static readonly IdentityKeys Docker = new()
    {
        Container = "io.kubernetes.container.name"u8.ToArray(),
        Pod = "io.kubernetes.pod.name"u8.ToArray(),
        Namespace = "io.kubernetes.pod.namespace"u8.ToArray(),
        PodUid = "io.kubernetes.pod.uid"u8.ToArray(),
        Type = "io.kubernetes.docker.type"u8.ToArray(),

        // cri-dockerd stores the annotations as labels with a prefix (core/convert.go).
        Restarts = "annotation.io.kubernetes.container.restartCount"u8.ToArray(),
        SandboxType = "podsandbox"u8.ToArray(),
        NeedsPod = true,
    };

    /// <summary>Annotations of the bundle by containerd's CRI plugin (pkg/cri/annotations/annotations.go), and nerdctl's name.</summary>
    internal static readonly IdentityKeys Containerd = new()
    {
        Name = "nerdctl/name"u8.ToArray(),
        Container = "io.kubernetes.cri.container-name"u8.ToArray(),
        Pod = "io.kubernetes.cri.sandbox-name"u8.ToArray(),
        Namespace = "io.kubernetes.cri.sandbox-namespace"u8.ToArray(),
        PodUid = "io.kubernetes.cri.sandbox-uid"u8.ToArray(),
        Type = "io.kubernetes.cri.container-type"u8.ToArray(),
        Image = "io.kubernetes.cri.image-name"u8.ToArray(),
        Restarts = "io.kubernetes.container.restartCount"u8.ToArray(),
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
        Restarts = "io.kubernetes.container.restartCount"u8.ToArray(),
        Labels = "io.kubernetes.cri-o.Labels"u8.ToArray(),
        SandboxId = "io.kubernetes.cri-o.SandboxID"u8.ToArray(),
    };

    // A key that a runtime does not have is empty here. An empty key in a file is ignored.
    internal byte[] Name { get; private init; } = [];

    internal required byte[] Container { get; init; }

    internal required byte[] Pod { get; init; }

    internal required byte[] Namespace { get; init; }

    internal required byte[] PodUid { get; init; }

    internal required byte[] Type { get; init; }

    /// <summary>The value of <see cref="Type"/> of a pod's sandbox.</summary>
    internal byte[] SandboxType { get; private init; } = "sandbox"u8.ToArray();

    internal byte[] Image { get; private init; } = [];

    /// <summary>
    /// The kubelet's number of restarts of the container in its pod, as a text (pkg/kubelet/kuberuntime/labels.go). The kubelet
    /// makes a new container for each.
    /// </summary>
    internal byte[] Restarts { get; private init; } = [];

    /// <summary>The key whose value is the labels as JSON; empty if the keys themselves are the labels.</summary>
    internal byte[] Labels { get; private init; } = [];

    /// <summary>The id of the sandbox of the container's pod.</summary>
    internal byte[] SandboxId { get; private init; } = [];

    /// <summary>Whether the container's name counts only with a pod's name and namespace.</summary>
    internal bool NeedsPod { get; private init; }
}
