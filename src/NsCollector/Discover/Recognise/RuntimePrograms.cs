namespace NsCollector.Discover.Recognise;

/// <summary>The programs that run for as long as a runtime has containers: its daemon, or a monitor for each container.</summary>
/// <remarks>
/// The name is the process's comm, at most 15 bytes (TASK_COMM_LEN): containerd-shim-runc-v2 is containerd-shim. Whoever owns a
/// container can give a process any name, so a name permits nested containers only within a bound.
/// </remarks>
internal static class RuntimePrograms
{
    private const int Docker = 1 << (int)ContainerRuntime.Docker, Containerd = 1 << (int)ContainerRuntime.Containerd, Crio = 1 << (int)ContainerRuntime.Crio;
    private const int Podman = 1 << (int)ContainerRuntime.Podman, Lxc = 1 << (int)ContainerRuntime.Lxc, Nspawn = 1 << (int)ContainerRuntime.Nspawn;

    // A bare id counts as Docker's wherever no other runtime is known, so containerd's other clients have it, too.
    private static readonly (byte[] Comm, int Runtimes)[] Programs =
    [
        ("dockerd"u8.ToArray(), Docker | Containerd),
        ("balenad"u8.ToArray(), Docker | Containerd),
        ("docker-containe"u8.ToArray(), Docker | Containerd),
        ("containerd"u8.ToArray(), Docker | Containerd),
        ("containerd-shim"u8.ToArray(), Docker | Containerd),
        ("buildkitd"u8.ToArray(), Docker | Containerd),
        ("kubelet"u8.ToArray(), Docker | Containerd | Crio),
        ("crio"u8.ToArray(), Crio),
        ("conmon"u8.ToArray(), Crio | Podman),
        ("conmonrs"u8.ToArray(), Crio | Podman),
        ("podman"u8.ToArray(), Podman),
        ("lxc-start"u8.ToArray(), Lxc),
        ("lxc-execute"u8.ToArray(), Lxc),
        ("lxd"u8.ToArray(), Lxc),
        ("incusd"u8.ToArray(), Lxc),
        ("libvirtd"u8.ToArray(), Lxc),
        ("virtlxcd"u8.ToArray(), Lxc),
        ("libvirt_lxc"u8.ToArray(), Lxc),
        ("systemd-nspawn"u8.ToArray(), Nspawn),
    ];

    /// <summary>How many programs there are.</summary>
    internal static int Count => Programs.Length;

    /// <summary>The number of a program; those with lower numbers know more of their runtime's containers. -1 if it is none.</summary>
    /// <param name="comm">The name, without a newline.</param>
    internal static int Find(ReadOnlySpan<byte> comm)
    {
        for (int i = 0; i < Programs.Length; i++)
        {
            if (comm.SequenceEqual(Programs[i].Comm)) return i;
        }

        return -1;
    }

    /// <summary>The runtimes for which a program runs, as a set of bits, <c>1 &lt;&lt; (int)runtime</c>; 0 if it is none.</summary>
    /// <param name="number">The number of a program.</param>
    internal static int RuntimesOf(int number) => number < 0 ? 0 : Programs[number].Runtimes;

    /// <summary>The runtimes whose processes a cgroup of this name has, as such a set of bits; 0 if none is known.</summary>
    /// <param name="cgroup">A cgroup's own name.</param>
    internal static int RuntimesOfCgroup(ReadOnlySpan<char> cgroup) => cgroup.StartsWith("lxc.monitor", StringComparison.Ordinal) ? Lxc : 0;
}
