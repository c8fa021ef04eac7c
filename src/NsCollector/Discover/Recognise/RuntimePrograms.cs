namespace NsCollector.Discover.Recognise;

/// <summary>The programs that run for as long as a runtime has containers: its daemon, or a monitor for each container.</summary>
/// <remarks>
/// The name is the process's comm, at most 15 bytes (TASK_COMM_LEN): containerd-shim-runc-v2 is containerd-shim. Whoever owns a
/// container can give a process any name, so a name permits nested containers only within a bound.
/// </remarks>
internal static class RuntimePrograms
{
    /// <summary>The runtimes for which a program runs, as a set of bits, <c>1 &lt;&lt; (int)runtime</c>; 0 if it is none.</summary>
    /// <param name="comm">The name, without a newline.</param>
    internal static int RuntimesOf(ReadOnlySpan<byte> comm)
    {
        const int docker = 1 << (int)ContainerRuntime.Docker, containerd = 1 << (int)ContainerRuntime.Containerd, crio = 1 << (int)ContainerRuntime.Crio;
        const int podman = 1 << (int)ContainerRuntime.Podman, lxc = 1 << (int)ContainerRuntime.Lxc, nspawn = 1 << (int)ContainerRuntime.Nspawn;

        // A bare id counts as Docker's wherever no other runtime is known, so containerd's other clients have it, too.
        if (comm.SequenceEqual("dockerd"u8) || comm.SequenceEqual("balenad"u8) || comm.SequenceEqual("docker-containe"u8)) return docker | containerd;
        if (comm.SequenceEqual("containerd"u8) || comm.SequenceEqual("containerd-shim"u8) || comm.SequenceEqual("buildkitd"u8)) return docker | containerd;
        if (comm.SequenceEqual("kubelet"u8)) return docker | containerd | crio;
        if (comm.SequenceEqual("crio"u8)) return crio;
        if (comm.SequenceEqual("conmon"u8) || comm.SequenceEqual("conmonrs"u8)) return crio | podman;
        if (comm.SequenceEqual("podman"u8)) return podman;
        if (comm.SequenceEqual("lxc-start"u8) || comm.SequenceEqual("lxc-execute"u8) || comm.SequenceEqual("lxd"u8) || comm.SequenceEqual("incusd"u8)) return lxc;
        if (comm.SequenceEqual("libvirtd"u8) || comm.SequenceEqual("virtlxcd"u8) || comm.SequenceEqual("libvirt_lxc"u8)) return lxc;
        return comm.SequenceEqual("systemd-nspawn"u8) ? nspawn : 0;
    }

    /// <summary>The runtime whose processes a cgroup of this name has; 0 if none is known.</summary>
    /// <param name="cgroup">A cgroup's own name.</param>
    internal static int RuntimesOfCgroup(ReadOnlySpan<char> cgroup) =>
        cgroup.StartsWith("lxc.monitor", StringComparison.Ordinal) ? 1 << (int)ContainerRuntime.Lxc : 0;
}
