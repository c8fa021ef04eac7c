using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>
/// A pod of <see cref="ContainerdEngine"/>, created as a kubelet does: the pod's cgroup below /kubepods, its labels, a sandbox,
/// and containers. Disposing stops and removes them.
/// </summary>
public sealed class CriPod : IDisposable
{
    // NamespaceMode of the CRI: POD = 0, CONTAINER = 1, NODE = 2.
    private const int ModeContainer = 1, ModeNode = 2;

    private readonly ContainerdEngine _engine;
    private readonly ProtobufMessage _configuration;
    private readonly ProtobufMessage _namespaces;
    private readonly string? _qosClass;

    /// <summary>Starts the sandbox.</summary>
    /// <param name="engine">The containerd that runs the pod.</param>
    /// <param name="name">The pod's name.</param>
    /// <param name="podNamespace">Its Kubernetes namespace.</param>
    /// <param name="hostNetwork">Whether it uses the host's network.</param>
    /// <param name="labels">The user's labels.</param>
    /// <param name="annotations">The user's annotations.</param>
    /// <param name="hostPid">Whether its containers use the host's pid namespace.</param>
    /// <param name="qosClass">besteffort or burstable; null: guaranteed.</param>
    public CriPod(
        ContainerdEngine engine, string name, string podNamespace, bool hostNetwork = false, Dictionary<string, string>? labels = null, Dictionary<string, string>? annotations = null, bool hostPid = false,
        string? qosClass = "besteffort")
    {
        (_engine, Name, Namespace, _qosClass) = (engine, name, podNamespace, qosClass);
        // By default a kubelet gives every container its own pid namespace.
        _namespaces = new ProtobufMessage().With(1, hostNetwork ? ModeNode : 0).With(2, hostPid ? ModeNode : ModeContainer);
        _configuration = new ProtobufMessage()
            .With(1, new ProtobufMessage().With(1, name).With(2, Uid).With(3, podNamespace))
            .With(2, hostNetwork ? "" : name)
            .With(3, Path.Combine(engine.LogDirectory, Uid))
            .With(6, KubeletLabels().Concat(labels ?? []))
            .With(7, annotations ?? [])
            .With(8, new ProtobufMessage().With(1, CgroupParent).With(2, new ProtobufMessage().With(1, _namespaces)));
        try
        {
            Id = engine.Call("RunPodSandbox", new ProtobufMessage().With(1, _configuration)).Text(1);
        }
        catch
        {
            RemoveCgroup(CgroupParent);
            throw;
        }
    }

    /// <summary>The pod's name.</summary>
    public string Name { get; }

    /// <summary>Its Kubernetes namespace.</summary>
    public string Namespace { get; }

    /// <summary>Its uid; the API server would assign one.</summary>
    public string Uid { get; } = Guid.NewGuid().ToString();

    /// <summary>The id of its sandbox.</summary>
    public string Id { get; }

    /// <summary>The path of its cgroup below the roots of the hierarchies.</summary>
    public string CgroupParent => _qosClass is null ? $"/kubepods/pod{Uid}" : $"/kubepods/{_qosClass}/pod{Uid}";

    /// <summary>The current pid of its sandbox's init process.</summary>
    public int Pid => Information.GetProperty("pid").GetInt32();

    /// <summary>The path where its network namespace is mounted; null if it uses the host's.</summary>
    public string? NetworkNamespacePath => Information.GetProperty("runtimeSpec").GetProperty("linux").GetProperty("namespaces").EnumerateArray()
        .Where(kind => kind.GetProperty("type").GetString() == "network" && kind.TryGetProperty("path", out _))
        .Select(kind => kind.GetProperty("path").GetString()).FirstOrDefault();

    /// <summary>Its address on the bridge.</summary>
    public string Address => Status.Message(1).Message(5).Text(1);

    /// <summary>The kernel's values of its sandbox's cgroup.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    private ProtobufMessage Status => _engine.Call("PodSandboxStatus", new ProtobufMessage().With(1, Id).With(2, 1));

    private JsonElement Information => JsonDocument.Parse(Status.Map(2)["info"]).RootElement;

    /// <summary>Starts a container in the pod.</summary>
    /// <param name="name">The container's name, unique in the pod.</param>
    /// <param name="command">The command of its init process.</param>
    /// <param name="memoryLimitBytes">Its memory limit; 0: none.</param>
    /// <param name="labels">Labels in addition to the kubelet's.</param>
    /// <param name="annotations">Annotations in addition to the kubelet's.</param>
    /// <param name="attempt">How often it has been restarted. A kubelet makes a new container for each restart, after the last one has ended.</param>
    public CriContainer Start(string name, string[] command, long memoryLimitBytes = 0, Dictionary<string, string>? labels = null, Dictionary<string, string>? annotations = null, int attempt = 0) => Start(
        name,
        ContainerdEngine.Image,
        new ProtobufMessage().With(3, command).With(9, labels ?? []).With(10, annotations ?? []),
        new ProtobufMessage().With(4, memoryLimitBytes),
        new ProtobufMessage(),
        attempt);

    /// <summary>Starts a container with any image and any restrictions in the pod.</summary>
    /// <param name="name">The container's name, unique in the pod.</param>
    /// <param name="image">The image.</param>
    /// <param name="configuration">The other fields of its ContainerConfig: command (3), arguments (4), environment (6), mounts (7).</param>
    /// <param name="resources">Its LinuxContainerResources.</param>
    /// <param name="security">Its LinuxContainerSecurityContext, without the namespaces.</param>
    /// <param name="attempt">How often it has been restarted.</param>
    public CriContainer Start(string name, string image, ProtobufMessage configuration, ProtobufMessage resources, ProtobufMessage security, int attempt = 0)
    {
        configuration
            .With(1, new ProtobufMessage().With(1, name).With(2, attempt))
            .With(2, new ProtobufMessage().With(1, image))
            .With(9, KubeletLabels().Append(new("io.kubernetes.container.name", name)))
            .With(11, name + ".log")
            .With(15, new ProtobufMessage().With(1, resources).With(2, security.With(3, _namespaces)));
        string id = _engine.Call("CreateContainer", new ProtobufMessage().With(1, Id).With(2, configuration).With(3, _configuration)).Text(1);
        _engine.Call("StartContainer", new ProtobufMessage().With(1, id));
        return new CriContainer(_engine, name, id, Path.Combine(_engine.LogDirectory, Uid, name + ".log"));
    }

    /// <summary>Starts a container in the pod with a shell script as its init process.</summary>
    public CriContainer Start(string name, string script) => Start(name, ["sh", "-c", script]);

    /// <summary>Stops its containers and removes its network, as a kubelet does first.</summary>
    public void Stop() => _engine.Call("StopPodSandbox", new ProtobufMessage().With(1, Id));

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Stop();
            _engine.Call("RemovePodSandbox", new ProtobufMessage().With(1, Id));
        }
        finally
        {
            // runc has made it, and leaves it to the kubelet to remove it.
            RemoveCgroup(CgroupParent);
        }
    }

    /// <summary>Kills the processes of a cgroup, and removes it and its empty parents from every hierarchy.</summary>
    /// <param name="path">Its path below the roots of the hierarchies.</param>
    public static void RemoveCgroup(string path) => Command.Try(
        "sh",
        "-c",
        """
        for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
            cgroup=$root$1
            [ -e "$cgroup/cgroup.procs" ] || continue
            for i in 1 2 3 4 5 6 7 8 9 10; do
                members=$(cat "$cgroup/cgroup.procs")
                [ -z "$members" ] || kill -KILL $members
                rmdir "$cgroup" && break
                sleep 0.1
            done
            while cgroup=${cgroup%/*} && [ "$cgroup" != "$root" ] && rmdir "$cgroup"; do :; done
        done
        """,
        "sh",
        path);

    private IEnumerable<KeyValuePair<string, string>> KubeletLabels() =>
    [
        new("io.kubernetes.pod.name", Name),
        new("io.kubernetes.pod.namespace", Namespace),
        new("io.kubernetes.pod.uid", Uid),
    ];
}
