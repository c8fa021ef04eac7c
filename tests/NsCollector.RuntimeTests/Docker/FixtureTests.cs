using NsCollector.RuntimeTests.Kernel;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>That the containers are what the other tests take them for, without the agent.</summary>
public sealed class FixtureTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void A_container_runs_in_a_network_namespace_and_a_cgroup_of_its_own()
    {
        using DockerContainer container = Engine.Start("fixture", ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "50"], "echo ready; exec sleep 1000");
        container.AwaitLine("ready");
        int pid = container.Pid;
        Assert.NotEqual(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, File.ResolveLinkTarget($"/proc/{pid}/ns/net", false)!.Name);
        Assert.Contains(container.Id, File.ReadAllText($"/proc/{pid}/cgroup"));
        Assert.True(container.Cgroup.CpuUsageNs() > 0);
        Assert.InRange(container.Cgroup.MemoryUsageBytes(), 1, 64 << 20);
        Assert.Equal(1, container.Cgroup.PidsCurrent());
        Assert.True(ProcessNetwork.Read(pid, "eth0").RxBytes >= 0);
        Assert.Equal("hello", container.Execute("echo hello"));
    }
}
