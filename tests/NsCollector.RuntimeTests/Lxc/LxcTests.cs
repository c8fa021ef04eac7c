
namespace NsCollector.RuntimeTests.Lxc;

/// <summary>A real LXC container.</summary>
[Collection(LxcCollection.Name)]
public sealed class LxcTests
{
    private const string Name = "pump-kin_1.x";

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Container_has_its_name_and_the_kernels_values()
    {
        using var container = new LxcContainer(Name, 64 << 20);
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", LxcContainer.Address);

        long cpuBefore = container.Cgroup.CpuUsageNs();
        var before = ProcessNetwork.Read(container.Pid, "eth0");
        List<Point> all = AgentProgram.Sample();
        var after = ProcessNetwork.Read(container.Pid, "eth0");
        long cpuAfter = container.Cgroup.CpuUsageNs();

        Point[] own = [.. all.Where(point => point.Container == Name)];
        Assert.NotEmpty(own);
        Assert.All(own, point => Assert.Equal("lxc", point.Tags["runtime"]));
        Assert.Equal(container.Pid, Assert.Single(own, point => point.Measurement == "container_info").Integer("pid"));
        Assert.InRange(Assert.Single(own, point => point.Measurement == "container_cpu").Integer("usage_ns"), cpuBefore, cpuAfter);
        Assert.Equal(64 << 20, Assert.Single(own, point => point.Measurement == "container_memory").Integer("limit_bytes"));

        Point network = Assert.Single(own, point => point.Measurement == "container_network");
        Assert.Equal("eth0", network.Tags["interface"]);
        Assert.True(before.RxBytes >= 5 * 1000, "the pings did not arrive");
        Assert.InRange(network.Integer("rx_bytes"), before.RxBytes, after.RxBytes);
        Assert.InRange(network.Integer("tx_bytes"), before.TxBytes, after.TxBytes);

        // Its monitor has a cgroup too, but is not a container.
        Assert.Single(all, point => point.Measurement == "container_info" && point.Tags["runtime"] == "lxc");
        Assert.DoesNotContain(all, point => point.Container?.Contains("monitor", StringComparison.Ordinal) == true);
    }

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Limits_in_detail_are_the_kernels_and_set_by_lxc()
    {
        using var container = new LxcContainer(
            Name, 64 << 20,
            "lxc.cgroup.cpu.shares = 333", "lxc.cgroup2.cpu.weight = 33", "lxc.cgroup.cpuset.cpus = 0", "lxc.cgroup2.cpuset.cpus = 0", "lxc.cgroup.pids.max = 44", "lxc.cgroup2.pids.max = 44",
            "lxc.cgroup.memory.soft_limit_in_bytes = 33554432", "lxc.prlimit.nofile = 222:333", "lxc.proc.oom_score_adj = 250");
        Point limits = KernelLimits.AssertOf(AgentProgram.Sample(KernelLimits.Settings).Where(point => point.Container == Name), container.Pid);
        Assert.Equal(("lxc", false, "cgroupfs"), (limits.Text("set_by"), limits.Has("qos_class"), limits.Text("cgroup_driver")));
        Assert.Equal((64L << 20, 44L, "0"), (limits.Integer("memory_limit_bytes"), limits.Integer("pids_limit"), limits.Text("cpuset_cpus")));
        Assert.Equal((222L, 333L, 250L), (limits.Integer("rlimit_nofile_soft"), limits.Integer("rlimit_nofile_hard"), limits.Integer("oom_score_adj")));
        Assert.False(limits.Has("cpu_quota_us"));
    }

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Frozen_container_is_paused()
    {
        using var container = new LxcContainer(Name, 64 << 20);
        container.Cgroup.SetFrozen(true);
        try
        {
            Point info = Assert.Single(AgentProgram.Sample(), point => point.Container == Name && point.Measurement == "container_info");
            Assert.Equal("paused", info.Text("state"));
        }
        finally
        {
            container.Cgroup.SetFrozen(false);
        }
    }

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Fixture_has_its_own_network_namespace_and_cgroup()
    {
        using var container = new LxcContainer(Name, 64 << 20);
        Assert.Contains($"/lxc.payload.{Name}", File.ReadAllText($"/proc/{container.Pid}/cgroup"));
        Assert.NotEqual(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, File.ResolveLinkTarget($"/proc/{container.Pid}/ns/net", false)!.Name);
        Assert.True(container.Cgroup.MemoryUsageBytes() > 0);
    }
}
