namespace NsCollector.Discover;

/// <summary>The runtime that created a container. The lower-case name is the value of the tag <c>runtime</c>.</summary>
public enum ContainerRuntime
{
    /// <summary>A cgroup that matches a glob of the configuration (<c>discovery.cgroup_paths</c>).</summary>
    Cgroup,

    /// <summary>Docker Engine, rootful or rootless.</summary>
    Docker,

    /// <summary>containerd: its CRI plugin, nerdctl, ctr.</summary>
    Containerd,

    /// <summary>CRI-O.</summary>
    Crio,

    /// <summary>Podman, rootful or rootless.</summary>
    Podman,

    /// <summary>LXC, LXD, Incus, Proxmox containers, libvirt-lxc.</summary>
    Lxc,

    /// <summary>systemd-nspawn.</summary>
    Nspawn,

    /// <summary>A systemd service (only with <c>discovery.systemd_services = on</c>).</summary>
    Systemd,
}
