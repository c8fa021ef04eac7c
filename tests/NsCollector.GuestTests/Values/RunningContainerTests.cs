using NsCollector.GuestTests.Kernel;
using static NsCollector.GuestTests.Values.RunningContainers;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// What the sandboxed service without root reports for containers of every runtime on pure cgroup v2, compared with the kernel.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class RunningContainerTests(Guest guest, RunningContainers running) : IClassFixture<RunningContainers>
{
    [GuestFact]
    public void Docker_container_has_the_kernels_values_and_dockers_names()
    {
        Assert.Equal("cgroup2fs", guest.Run("stat -fc %T /sys/fs/cgroup"));
        Assert.Equal("systemd 2", guest.Run("docker info -f '{{.CgroupDriver}} {{.CgroupVersion}}'"));
        Assert.Contains("The Engine API at /run/docker.sock is not used", running.Agent.Log, StringComparison.Ordinal);
        Sample sample = AssertWorker(Docker, "eth0");
        AssertLimits(sample);
        Assert.Equal("blue", sample.Of("container_info").Tags["label_team"]);
        Assert.DoesNotContain("label_secret", sample.Of("container_info").Tags.Keys);
    }

    [GuestFact]
    public void Docker_container_without_limits_and_network_reports_neither()
    {
        Sample sample = AssertCgroup(DockerHost);
        running.SampleOf(DockerHost).AssertNoNetwork();
        Assert.False(sample.Of("container_cpu").Has("limit_cores"));
        Assert.False(sample.Of("container_memory").Has("limit_bytes"));
    }

    [GuestFact]
    public void A_container_of_podman_has_the_values_that_the_kernel_has() => AssertLimits(AssertWorker(Podman, "eth0"));

    [GuestFact]
    public void Pod_network_is_reported_once_by_its_first_container()
    {
        string infra = guest.Run($"podman pod inspect {Pod} --format '{{{{.InfraContainerID}}}}'");
        infra = guest.Run($"podman inspect -f '{{{{.Name}}}}' {infra}");
        AssertCgroup(infra);
        BracketedSample bracketed = running.SampleOf(infra);
        bracketed.AssertNetwork();
        Assert.True(bracketed.Sample.Of("container_network", "interface", "eth0").Integer("tx_bytes") >= WorkloadImage.SentBytes);

        Sample inPod = AssertCgroup(PodmanInPod);
        running.SampleOf(PodmanInPod).AssertNoNetwork();
        AssertWork(inPod);
    }

    [GuestFact]
    public void A_machine_of_nspawn_s_own_unit_has_the_values_that_the_kernel_has() => AssertWorker(NspawnUnit, "host0");

    [GuestFact]
    public void A_machine_that_was_started_by_hand_has_the_values_that_the_kernel_has() => AssertWorker(NspawnScope, "lo");

    [GuestFact]
    public void A_container_of_lxc_has_the_values_that_the_kernel_has() => AssertLimits(AssertWorker(Lxc, "eth0"));

    [TrixieFact]
    public void Incus_container_has_the_kernels_values()
    {
        Sample sample = AssertWorker(Incus, "eth0");
        AssertLimits(sample);
        Assert.DoesNotContain("label_project", sample.Of("container_info").Tags.Keys);
    }

    [TrixieFact]
    public void Incus_container_of_a_project_has_its_name_and_project()
    {
        Sample sample = AssertWorker(IncusInProject, "lo");
        Assert.Equal(IncusContainer.Project, sample.Of("container_info").Tags["label_project"]);
        Assert.False(sample.Of("container_memory").Has("limit_bytes"));
    }

    [GuestFact]
    public void Service_has_the_kernels_values_and_no_network()
    {
        Sample sample = AssertCgroup(ServiceLimited);
        AssertWork(sample);
        AssertLimits(sample);
        running.SampleOf(ServiceLimited).AssertNoNetwork();
    }

    [GuestFact]
    public void A_service_with_a_network_of_its_own_has_that() => AssertWorker(ServiceAlone, "lo");

    [GuestFact]
    public void Service_in_a_limited_slice_has_effective_limits()
    {
        Sample sample = AssertCgroup(ServiceAlone);
        Point cpu = sample.Of("container_cpu"), memory = sample.Of("container_memory");
        Assert.Equal((false, 0.8), (cpu.Has("limit_cores"), cpu.Float("effective_limit_cores")));
        Assert.Equal((false, 96 << 20), (memory.Has("limit_bytes"), memory.Integer("effective_limit_bytes")));
        Assert.Equal(100.0 * memory.Integer("working_set_bytes") / (96 << 20), memory.Float("usage_percent"), 0.00001);
    }

    [GuestFact]
    public void Fields_without_a_controller_are_absent()
    {
        string controllers = guest.Read($"/sys/fs/cgroup{running.Of(ServiceWithLittle).Cgroup}/cgroup.controllers");
        Assert.DoesNotContain("memory", controllers, StringComparison.Ordinal);
        Assert.DoesNotContain("io", controllers, StringComparison.Ordinal);
        Sample sample = AssertCgroup(ServiceWithLittle);
        Assert.DoesNotContain(sample.Points, point => point.Measurement is "container_memory" or "container_blkio");
        // CPU time and pressure need no controller.
        Assert.True(sample.Of("container_cpu").Integer("usage_ns") >= WorkloadImage.BurntNs);
        Assert.Equal(["cpu", "io", "memory"], sample.Points.Where(point => point.Measurement == "container_pressure").Select(point => point.Tags["resource"]).Order());
    }

    [GuestFact]
    public void Only_containers_are_reported()
    {
        string[] containers = [.. running.Agent.Points.Where(point => point.Measurement == "container_info" && point.Tags["runtime"] != "systemd").Select(point => $"{point.Tags["runtime"]}/{point.Container}").Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(running.All.Where(container => container.Runtime != "systemd").Select(container => $"{container.Runtime}/{container.Name}").Order(StringComparer.Ordinal), containers);
    }

    [GuestFact]
    public void Container_is_paused_while_its_processes_are_frozen()
    {
        string[] frozen = [Docker, Podman, Lxc, ServiceLimited];
        guest.Run($"docker pause {Docker}; podman pause {Podman}; lxc-freeze -n {Lxc}; systemctl freeze {ServiceLimited}");
        try
        {
            Assert.All(frozen, name => Assert.Equal("1", guest.Run($"sed -n 's/^frozen //p' /sys/fs/cgroup{CgroupReading.PathOf(guest, running.Of(name).Pid)}/cgroup.events")));
            AssertState("paused");
        }
        finally
        {
            guest.Run($"docker unpause {Docker}; podman unpause {Podman}; lxc-unfreeze -n {Lxc}; systemctl thaw {ServiceLimited}");
        }

        AssertState("running");

        // The agent reads the state with the limits, which may have been just before.
        void AssertState(string state)
        {
            long afterNs = guest.NowNs + 1_500_000_000;
            Assert.All(frozen, name => Assert.Equal((name, state), (name, running.Agent.AwaitSample(running.Of(name).Id, afterNs).Of("container_info").Text("state"))));
        }
    }

    /// <summary>Checks a container that has done all work and sent its datagrams by its own interface.</summary>
    private Sample AssertWorker(string name, string network)
    {
        Sample sample = AssertCgroup(name);
        AssertWork(sample);
        running.SampleOf(name).AssertNetwork();
        Assert.True(sample.Of("container_network", "interface", network).Integer("tx_bytes") >= WorkloadImage.SentBytes);
        Assert.Equal(WorkloadImage.Datagrams, sample.Of("container_udp").Integer("out_datagrams"));
        return sample;
    }

    private Sample AssertCgroup(string name)
    {
        RunningContainer container = running.Of(name);
        BracketedSample bracketed = running.SampleOf(name);
        Point info = bracketed.Sample.Of("container_info");
        Assert.Equal((container.Runtime, container.Name, container.Image), (info.Tags["runtime"], info.Container, info.Tags.GetValueOrDefault("image")));
        Assert.Equal((container.Pid, "running"), (info.Integer("pid"), info.Text("state")));
        bracketed.AssertCgroup();
        return bracketed.Sample;
    }

    private static void AssertWork(Sample sample)
    {
        Assert.True(sample.Of("container_cpu").Integer("usage_ns") >= WorkloadImage.BurntNs);
        Assert.True(sample.Of("container_memory").Integer("anon_bytes") >= WorkloadImage.HeldBytes);
        Assert.True(sample.Of("container_blkio", "device", "vda").Integer("write_bytes") >= WorkloadImage.WrittenBytes);
        // They waited for the disk, so they have pressure.
        Assert.True(sample.Of("container_pressure", "resource", "io").Integer("some_total_us") > 0);
    }

    /// <summary>Half a CPU, 64 MiB and 50 tasks.</summary>
    private static void AssertLimits(Sample sample)
    {
        Point cpu = sample.Of("container_cpu"), memory = sample.Of("container_memory");
        Assert.Equal(0.5, cpu.Float("limit_cores"));
        // Whether a period was throttled depends on other load.
        Assert.True(cpu.Integer("nr_periods") > 0);
        Assert.Equal(64 << 20, memory.Integer("limit_bytes"));
        Assert.Equal(100.0 * memory.Integer("working_set_bytes") / (64 << 20), memory.Float("usage_percent"), 0.00001);
        Assert.Equal(50, sample.Of("container_pids").Integer("limit"));
    }
}
