using System.Globalization;

namespace NsCollector.RuntimeTests.Podman;

/// <summary>Real podman containers and pods.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanTests(PodmanEngines engines)
{
    [PodmanFact]
    public void Container_has_podmans_name_image_and_limits() => AssertNameImageAndLimits("vfs");

    // Another driver keeps the names in another directory.
    [PodmanFact]
    public void Container_on_overlay_has_podmans_name_image_and_limits() => AssertNameImageAndLimits("overlay");

    [PodmanFact]
    public void Network_bytes_match_the_containers_network_namespace()
    {
        PodmanEngine podman = engines.Empty("vfs");
        PodmanContainer container = podman.Start("net-own");
        podman.Start("net-none");
        podman.Start("net-host", "--network", "host");
        container.Connect();
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", PodmanContainer.Address);

        var before = ProcessNetwork.Read(container.Pid, "eth0");
        List<Point> all = podman.Sample();
        var after = ProcessNetwork.Read(container.Pid, "eth0");

        Assert.Equal(["net-host", "net-none", "net-own"], Names(all));
        Point network = Assert.Single(all, point => point.Measurement == "container_network");
        Assert.Equal(("net-own", "eth0"), (network.Container, network.Tags["interface"]));
        Assert.True(before.RxBytes >= 5 * 1000, "the pings did not arrive");
        Assert.InRange(network.Integer("rx_bytes"), before.RxBytes, after.RxBytes);
        Assert.InRange(network.Integer("tx_bytes"), before.TxBytes, after.TxBytes);
        Assert.Equal(["net-none", "net-own"], Names(all.Where(point => point.Measurement == "container_tcp")));
    }

    // The infra container's name is derived from the pod's id: the members' names sort before and after it, or both after.
    [PodmanFact]
    public void Pod_network_is_reported_once_by_its_infra_container()
    {
        PodmanEngine podman = engines.Empty("vfs");
        podman.CreatePod("shop");
        PodmanContainer first = podman.Start("a-member", "--pod", "shop");
        PodmanContainer last = podman.Start("z-member", "--pod", "shop");
        var infra = new PodmanContainer(podman, podman.Podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "shop"));
        infra.Connect();
        Command.Run("busybox", "ping", "-c", "1", PodmanContainer.Address);
        Assert.Equal(NetworkNamespace(infra.Pid), NetworkNamespace(first.Pid));
        Assert.Equal(NetworkNamespace(infra.Pid), NetworkNamespace(last.Pid));

        List<Point> all = podman.Sample();

        string infraName = infra.Inspect("{{.Name}}");
        Assert.EndsWith("-infra", infraName, StringComparison.Ordinal);
        Assert.Equal(new[] { "a-member", infraName, "z-member" }.Order(StringComparer.Ordinal), Names(all));
        Point network = Assert.Single(all, point => point.Measurement == "container_network");
        Assert.Equal((infraName, "eth0"), (network.Container, network.Tags["interface"]));
        Assert.True(network.Integer("rx_packets") >= 1);
        Assert.Equal(infraName, Assert.Single(all, point => point.Measurement == "container_tcp").Container);
        Assert.Equal(infraName, Assert.Single(all, point => point.Measurement == "container_udp").Container);
        foreach (PodmanContainer container in new[] { infra, first, last })
            Assert.Equal(container.Pid, Info(all, container).Integer("pid"));
    }

    [PodmanFact]
    public void Conmon_and_pod_cgroups_are_not_containers()
    {
        PodmanEngine podman = engines.Empty("vfs");
        podman.CreatePod("shop");
        PodmanContainer[] containers = [podman.Start("alone"), podman.Start("member", "--pod", "shop")];
        long[] monitors = [.. containers.Select(container => long.Parse(container.Inspect("{{.State.ConmonPid}}"), CultureInfo.InvariantCulture))];
        Assert.All(monitors, pid => Assert.Equal("conmon", File.ReadAllText($"/proc/{pid}/comm").Trim()));

        string[] ids = podman.Podman("ps", "--quiet", "--no-trunc").Split('\n');
        Assert.Equal(3, ids.Length);
        Point[] reported = [.. podman.Sample().Where(point => point.Measurement == "container_info")];
        Assert.Equal(ids.Order(StringComparer.Ordinal), reported.Select(point => point.Text("container_id")).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(reported, point => monitors.Contains(point.Integer("pid")));
    }

    [PodmanFact]
    public void Container_started_with_rm_has_its_name()
    {
        PodmanEngine podman = engines.Empty("overlay");
        PodmanContainer container = podman.Start("brief", "--rm");
        Assert.Equal("brief", Info(podman.Sample(), container).Container);
    }

    [PodmanFact]
    public void Renamed_container_has_new_name_and_paused_one_is_marked()
    {
        PodmanEngine podman = engines.Empty("vfs");
        PodmanContainer container = podman.Start("before");
        podman.Podman("rename", "before", "after");
        podman.Podman("pause", "after");
        Point info = Info(podman.Sample(), container);
        podman.Podman("unpause", "after");
        Assert.Equal(("after", "paused"), (info.Container, info.Text("state")));
        Assert.Equal("running", Info(podman.Sample(), container).Text("state"));
    }

    [PodmanFact]
    public void Limits_in_detail_are_the_kernels_and_set_by_podman()
    {
        PodmanEngine podman = engines.Empty("vfs");
        PodmanContainer limited = podman.Start(
            "limited", "--memory", "64m", "--memory-reservation", "32m", "--memory-swap", "96m", "--memory-swappiness", "23", "--cpus", "0.5", "--cpu-shares", "300", "--cpuset-cpus", "0", "--pids-limit", "50",
            "--ulimit", "nofile=222:333", "--ulimit", "nproc=1024:1024", "--oom-score-adj", "250");
        PodmanContainer unlimited = podman.Start("unlimited", "--pids-limit", "-1");
        List<Point> all = podman.Sample(KernelLimits.Settings);

        Point limits = KernelLimits.AssertOf(all.Where(point => point.Container == "limited"), limited.Pid);
        Assert.Equal(("podman", false, "cgroupfs"), (limits.Text("set_by"), limits.Has("qos_class"), limits.Text("cgroup_driver")));
        Assert.Equal((64L << 20, 50_000L, 50L), (limits.Integer("memory_limit_bytes"), limits.Integer("cpu_quota_us"), limits.Integer("pids_limit")));
        Assert.Equal(("0", 222L, 333L, 250L), (limits.Text("cpuset_cpus"), limits.Integer("rlimit_nofile_soft"), limits.Integer("rlimit_nofile_hard"), limits.Integer("oom_score_adj")));
        limits = KernelLimits.AssertOf(all.Where(point => point.Container == "unlimited"), unlimited.Pid);
        Assert.Equal(("podman", false, false), (limits.Text("set_by"), limits.Has("memory_limit_bytes"), limits.Has("pids_limit")));
    }

    [PodmanFact]
    public void Fixture_has_its_own_network_namespace_and_cgroup()
    {
        PodmanEngine podman = engines.Empty("vfs");
        PodmanContainer container = podman.Start("fixture");
        Assert.Contains($"/libpod-{container.Id}", File.ReadAllText($"/proc/{container.Pid}/cgroup"));
        Assert.NotEqual(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, NetworkNamespace(container.Pid));
        Assert.Equal(1, container.Cgroup.PidsCurrent());
        Assert.True(container.Cgroup.MemoryUsageBytes() > 0);
    }

    private void AssertNameImageAndLimits(string driver)
    {
        PodmanEngine podman = engines.Empty(driver);
        PodmanContainer limited = podman.Start("web.front_1-a", "--memory", "64m", "--cpus", "1.25", "--pids-limit", "50");
        PodmanContainer unlimited = podman.Start("UPPER.lower--x__", "--pids-limit", "-1");
        long cpuBefore = limited.Cgroup.CpuUsageNs();
        List<Point> all = podman.Sample();
        long cpuAfter = limited.Cgroup.CpuUsageNs();

        Assert.Equal(["UPPER.lower--x__", "web.front_1-a"], Names(all));
        Assert.All(all.Where(point => point.Container is not null), point =>
        {
            Assert.Equal(("podman", PodmanEngine.Image), (point.Tags["runtime"], point.Tags["image"]));
            Assert.False(point.Tags.ContainsKey("id"));
        });
        foreach (PodmanContainer container in new[] { limited, unlimited })
        {
            Point info = Info(all, container);
            Assert.Equal(container.Inspect("{{.Name}}"), info.Container);
            Assert.Equal(container.Inspect("{{.ImageName}}"), info.Tags["image"]);
            Assert.Equal(container.Pid, info.Integer("pid"));
            Assert.Equal("running", info.Text("state"));
        }

        Assert.InRange(Only(all, "web.front_1-a", "container_cpu").Integer("usage_ns"), cpuBefore, cpuAfter);
        Assert.Equal(1.25, Only(all, "web.front_1-a", "container_cpu").Float("limit_cores"), 0.001);
        Assert.Equal(64 << 20, Only(all, "web.front_1-a", "container_memory").Integer("limit_bytes"));
        Assert.Equal(50, Only(all, "web.front_1-a", "container_pids").Integer("limit"));
        Assert.Equal(limited.Cgroup.PidsCurrent(), Only(all, "web.front_1-a", "container_pids").Integer("current"));
        Assert.False(Only(all, "UPPER.lower--x__", "container_cpu").Has("limit_cores"));
        Assert.False(Only(all, "UPPER.lower--x__", "container_memory").Has("limit_bytes"));
        Assert.False(Only(all, "UPPER.lower--x__", "container_pids").Has("limit"));
    }

    private static string NetworkNamespace(int pid) => File.ResolveLinkTarget($"/proc/{pid}/ns/net", false)!.Name;

    private static string[] Names(IEnumerable<Point> points) => [.. points.Select(point => point.Container).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    private static Point Only(List<Point> points, string name, string measurement) =>
        Assert.Single(points, point => point.Container == name && point.Measurement == measurement);

    private static Point Info(List<Point> points, PodmanContainer container) =>
        Assert.Single(points, point => point.Measurement == "container_info" && point.Text("container_id") == container.Id);
}
