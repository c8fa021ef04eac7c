
namespace NsCollector.RuntimeTests.Docker;

/// <summary>Checks the fixture's containers without the agent.</summary>
public sealed class FixtureTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Container_has_its_own_network_namespace_and_cgroup()
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

    [DockerFact]
    public void Burn_is_init_and_reports_its_cpu_time()
    {
        using DockerContainer well = Engine.StartBurn("fixture-burn", [], "--cpu-ms", "50", "--life-ms", "5000");
        Assert.Equal("burn", File.ReadAllText($"/proc/{well.Pid}/comm").Trim());
        Assert.Equal(0, well.AwaitExit());
        Assert.InRange(Burn.OfSelf(well.Output).CpuNs - Burn.AtStart(well.Output).CpuNs, 50_000_000, 100_000_000);

        using DockerContainer badly = Engine.StartBurn("fixture-burn-badly", [], "--exit", "3");
        Assert.Equal(3, badly.AwaitExit());
        using DockerContainer faulted = Engine.StartBurn("fixture-burn-faulted", [], "--signal", "11");
        Assert.Equal(139, faulted.AwaitExit());
        using DockerContainer greedy = Engine.StartBurn("fixture-burn-greedy", ["--memory", "20m", "--memory-swap", "20m"], "--memory-mib", "60");
        Assert.Equal(137, greedy.AwaitExit());
    }
}
