namespace NsCollector.Discover.Recognise;

/// <summary>Who set a container's limits and who applied them, derived from its runtime and its cgroup's path. All values are constants of the agent.</summary>
/// <param name="SetBy"><c>kubernetes</c>, the runtime, or <c>systemd</c>; null for other cgroups.</param>
/// <param name="QosClass">The pod's QoS class; null outside Kubernetes.</param>
/// <param name="CgroupDriver"><c>systemd</c> if the cgroup is a unit of systemd, else <c>cgroupfs</c>.</param>
internal readonly record struct LimitOrigin(string? SetBy, string? QosClass, string CgroupDriver)
{
    private const string Systemd = "systemd";

    /// <summary>The values with the names of their fields.</summary>
    internal (string Name, string? Value)[] Fields => [("set_by", SetBy), ("qos_class", QosClass), ("cgroup_driver", CgroupDriver)];

    /// <summary>The origin of a container's limits.</summary>
    internal static LimitOrigin Of(Container container) => Of(container.Identity.Runtime, container.CgroupPath);

    /// <summary>The origin, from the container's runtime and the path of its cgroup.</summary>
    internal static LimitOrigin Of(ContainerRuntime runtime, string path)
    {
        CgroupPath cgroup = new(path);

        // A gVisor or Kata container with a name in systemd's form, SLICE:PREFIX:ID, is not a unit.
        bool isUnit = IsUnit(cgroup.Last);
        int colon = cgroup.Last.IndexOf(':');
        bool isInPod = (colon > 0 && KubernetesPod.TryParse(cgroup.Last[..colon], out _)) || KubernetesPod.UidAbove(cgroup.Above) is not null;
        string? setBy = isInPod ? "kubernetes" : runtime switch
        {
            ContainerRuntime.Docker => "docker",
            ContainerRuntime.Containerd => "containerd",
            ContainerRuntime.Crio => "crio",
            ContainerRuntime.Podman => "podman",
            ContainerRuntime.Lxc => "lxc",
            ContainerRuntime.Nspawn or ContainerRuntime.Systemd => Systemd,
            _ => isUnit ? Systemd : null,
        };
        return new(setBy, isInPod ? KubernetesPod.QosClassOf(path) : null, isUnit ? Systemd : "cgroupfs");
    }

    private static bool IsUnit(ReadOnlySpan<char> name) =>
        name.EndsWith(".scope", StringComparison.Ordinal) || name.EndsWith(".service", StringComparison.Ordinal) || name.EndsWith(".slice", StringComparison.Ordinal);
}
