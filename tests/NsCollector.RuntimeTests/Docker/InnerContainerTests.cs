namespace NsCollector.RuntimeTests.Docker;

/// <summary>Real Docker-in-Docker: the container of a dockerd that runs inside a container.</summary>
public sealed class InnerContainerTests(DockerEngine engine) : DockerTests(engine)
{
    private static readonly string[] WithoutApi = ["discovery:docker_sockets="];

    [DockerTheory]
    [InlineData("host", "{}")]
    [InlineData("private", """{ "data-root": "/inner/root" }""")]
    public void Inner_and_outer_containers_have_their_own_values(string cgroupNamespace, string configuration)
    {
        string name = "outer-" + cgroupNamespace;
        using var daemon = new DaemonInContainer(Engine, name, cgroupNamespace, configuration);
        using DockerContainer alike = Engine.Start(DaemonInContainer.InnerName, [], "exec sleep 1000");
        using RunningAgent agent = new([.. Engine.Settings, .. WithoutApi, $"network:namespace_roots={Engine.NamespaceRoot}", "agent:interval=500ms", "discovery:interval=500ms"]);
        agent.AwaitSampled(daemon.InnerId);
        agent.AwaitSampled(alike.Id);
        agent.AwaitCycles(1);

        // The inner container is called like one of the host, which keeps its tags.
        Point own = agent.Of("container_info", alike.Id)[^1];
        Assert.Equal((DaemonInContainer.InnerName, false), (own.Container, own.Tags.ContainsKey("id")));

        // Both are one container each, and nothing else in the outer one's cgroup is one.
        Point outer = agent.Of("container_info", daemon.Id)[^1], inner = agent.Of("container_info", daemon.InnerId)[^1];
        Assert.Equal((name, DockerEngine.Image, "docker"), (outer.Container, outer.Tags["image"], outer.Tags["runtime"]));
        Assert.Equal(($"{name}/{DaemonInContainer.InnerName}", DaemonInContainer.InnerImage, "docker"), (inner.Container, inner.Tags.GetValueOrDefault("image"), inner.Tags["runtime"]));
        Assert.Equal((daemon.Pid, daemon.InnerPid), (outer.Integer("pid"), inner.Integer("pid")));
        string[] below = [.. Directory.EnumerateDirectories(daemon.CgroupDirectory, "*", SearchOption.AllDirectories)];
        string[] inside = [.. agent.Points.Where(point => point.Measurement == "container_info").Select(point => point.Text("container_id")).OfType<string>().Distinct()
            .Where(id => below.Any(path => path.Contains(id, StringComparison.Ordinal)) && id != daemon.Id)];
        Assert.Equal([daemon.InnerId], inside);

        // The outer container's values include those of the inner one.
        long innerIdle = new ProcessCgroup(daemon.InnerPid).CpuUsageNs();
        daemon.InnerDocker($"exec {DaemonInContainer.InnerName} /bin/busybox sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'");
        long innerUsed = new ProcessCgroup(daemon.InnerPid).CpuUsageNs(), outerUsed = new ProcessCgroup(daemon.Pid).CpuUsageNs();
        Assert.True(innerUsed - innerIdle > 50_000_000 && outerUsed > innerUsed, $"{innerIdle} {innerUsed} {outerUsed}");
        agent.AwaitCycles(2);
        AssertCpu(agent, inner.Container!, innerUsed, new ProcessCgroup(daemon.InnerPid).CpuUsageNs());
        AssertCpu(agent, name, outerUsed, new ProcessCgroup(daemon.Pid).CpuUsageNs());

        // 500 KB between the inner container and the bridge of its daemon, 100 KB to the host.
        Send(daemon.InnerPid, "10.213.79.1", 500);
        Send(daemon.Pid, Engine.Gateway, 100);
        agent.AwaitCycles(2);
        ProcessNetwork leadsOut = ProcessNetwork.Read(daemon.Pid, "eth0"), bridge = ProcessNetwork.Read(daemon.Pid, "docker0"), innerLink = ProcessNetwork.Read(daemon.InnerPid, "eth0");
        Assert.True(bridge.RxBytes > 500_000 && innerLink.TxBytes > 500_000 && leadsOut.TxBytes is > 100_000 and < 400_000, $"{bridge} {innerLink} {leadsOut}");
        daemon.InnerDocker("kill " + DaemonInContainer.InnerName);
        AssertNear(innerLink, agent.AwaitExit(daemon.InnerId));
        Engine.Docker("kill", daemon.Id);
        Point exit = agent.AwaitExit(daemon.Id);
        AssertNear(leadsOut, exit);
        Assert.True(exit.Boolean("network_final"));
    }

    private static void AssertCpu(RunningAgent agent, string container, long least, long most) =>
        Assert.InRange(agent.Points.Last(point => point.Measurement == "container_cpu" && point.Container == container).Integer("usage_ns"), least, most);

    private static void AssertNear(ProcessNetwork counted, Point exit)
    {
        Assert.InRange(exit.Integer("rx_bytes"), counted.RxBytes, counted.RxBytes + 5000);
        Assert.InRange(exit.Integer("tx_bytes"), counted.TxBytes, counted.TxBytes + 5000);
    }

    private static void Send(int pid, string address, int kilobytes) =>
        Command.Run("nsenter", "-t", $"{pid}", "-n", "--", "bash", "-c", $"for i in $(seq {kilobytes}); do printf %01000d 0 > /dev/udp/{address}/9; done");
}
