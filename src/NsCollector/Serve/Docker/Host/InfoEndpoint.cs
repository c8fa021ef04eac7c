using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Serve.Docker.Host;

/// <summary>/info: the containers by state, and the host. What only a Docker daemon has is left out.</summary>
/// <param name="containers">The containers.</param>
/// <param name="agent">The agent.</param>
/// <param name="roots">The host's procfs.</param>
/// <param name="mounts">The cgroup hierarchies.</param>
/// <param name="images">The number of images.</param>
internal sealed class InfoEndpoint(IDockerContainers containers, AgentVersion agent, HostRoots roots, CgroupMounts mounts, Func<int> images) : IDockerEndpoint
{
    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation) => response.Send(Write, cancellation);

    private void Write(Utf8JsonWriter writer)
    {
        HostFacts host = HostFacts.Read(roots);
        ImmutableArray<DockerContainer> all = containers.All();
        writer.WriteStartObject();
        if (host.MachineId is { } id) writer.WriteString("ID"u8, id);
        WriteCounts(writer, all);
        writer.WriteNumber("Images"u8, images());
        WriteKernel(writer);
        GoTime.Write(writer, "SystemTime"u8, SystemClock.RealtimeNs());
        if (DriverOf(all) is { } driver) writer.WriteString("CgroupDriver"u8, driver);
        writer.WriteString("CgroupVersion"u8, mounts.Hierarchies.Any(hierarchy => !hierarchy.IsV2) ? "1"u8 : "2"u8);
        if (host.KernelVersion is { } kernel) writer.WriteString("KernelVersion"u8, kernel);
        if (host.OperatingSystem is { } system) writer.WriteString("OperatingSystem"u8, system);
        if (host.OperatingSystemVersion is { } version) writer.WriteString("OSVersion"u8, version);
        writer.WriteString("OSType"u8, "linux"u8);
        writer.WriteString("Architecture"u8, HostFacts.KernelArchitecture);
        if (host.Cpus > 0) writer.WriteNumber("NCPU"u8, host.Cpus);
        if (host.MemoryBytes > 0) writer.WriteNumber("MemTotal"u8, host.MemoryBytes);
        if (host.Name is { } name) writer.WriteString("Name"u8, name);
        writer.WriteBoolean("ExperimentalBuild"u8, false);
        writer.WriteString("ServerVersion"u8, agent.Version);

        // Clients read them without a check.
        foreach (string list in (string[])["Labels", "SecurityOptions", "DriverStatus"])
        {
            writer.WriteStartArray(list);
            writer.WriteEndArray();
        }

        foreach (string empty in (string[])["Plugins", "RegistryConfig"])
        {
            writer.WriteStartObject(empty);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("Swarm"u8);
        writer.WriteString("LocalNodeState"u8, "inactive"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("Warnings"u8);
        writer.WriteStringValue("WARNING: this is NsCollector's API, which is read only and has the containers of all runtimes");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // dockerd counts created and dead containers as stopped.
    private static void WriteCounts(Utf8JsonWriter writer, ImmutableArray<DockerContainer> all)
    {
        int running = all.Count(container => container.State is RunState.Running or RunState.Restarting), paused = all.Count(container => container.State == RunState.Paused);
        writer.WriteNumber("Containers"u8, all.Length);
        writer.WriteNumber("ContainersRunning"u8, running);
        writer.WriteNumber("ContainersPaused"u8, paused);
        writer.WriteNumber("ContainersStopped"u8, all.Length - running - paused);
    }

    private void WriteKernel(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("MemoryLimit"u8, HostFacts.HasCgroupFile(mounts, "memory", "memory.limit_in_bytes", "memory.max"));
        writer.WriteBoolean("SwapLimit"u8, HostFacts.HasCgroupFile(mounts, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max"));
        bool hasQuota = HostFacts.HasCgroupFile(mounts, "cpu", "cpu.cfs_quota_us", "cpu.max");
        writer.WriteBoolean("CpuCfsPeriod"u8, hasQuota);
        writer.WriteBoolean("CpuCfsQuota"u8, hasQuota);
        writer.WriteBoolean("CPUShares"u8, HostFacts.HasCgroupFile(mounts, "cpu", "cpu.shares", "cpu.weight"));
        writer.WriteBoolean("CPUSet"u8, HostFacts.HasCgroupFile(mounts, "cpuset", "cpuset.cpus", "cpuset.cpus"));
        writer.WriteBoolean("PidsLimit"u8, mounts.For("pids") is not null);
        writer.WriteBoolean("OomKillDisable"u8, HostFacts.HasCgroupFile(mounts, "memory", "memory.oom_control", "memory.oom_control"));
        if (HostFacts.Switch(roots, "net/ipv4/ip_forward") is { } forwarding) writer.WriteBoolean("IPv4Forwarding"u8, forwarding);
        if (HostFacts.Switch(roots, "net/bridge/bridge-nf-call-iptables") is { } filter) writer.WriteBoolean("BridgeNfIptables"u8, filter);
        if (HostFacts.Switch(roots, "net/bridge/bridge-nf-call-ip6tables") is { } filterIpv6) writer.WriteBoolean("BridgeNfIp6tables"u8, filterIpv6);
    }

    // The cgroups of Docker's containers are /docker/ID with the driver cgroupfs, and docker-ID.scope in a slice with the driver systemd.
    private static string? DriverOf(ImmutableArray<DockerContainer> all)
    {
        string? path = all.FirstOrDefault(container => container.Live is { Identity.Runtime: ContainerRuntime.Docker })?.Live?.CgroupPath;
        return path is null ? null : path.EndsWith(".scope", StringComparison.Ordinal) ? "systemd" : "cgroupfs";
    }
}
