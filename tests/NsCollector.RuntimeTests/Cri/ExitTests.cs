using System.Diagnostics;

namespace NsCollector.RuntimeTests.Cri;

/// <summary>Containers of pods that exit while an agent runs: each exit is reported once, with names, status and final totals.</summary>
public sealed class ExitTests : CriTests, IDisposable
{
    // The CPU time of burn's exit after it has read its cgroup's time: about 1 ms on an idle machine.
    private const long ExitCpuNs = 50_000_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;
    private readonly Process _agent;

    public ExitTests(ContainerdEngine engine)
        : base(engine)
    {
        _agent = AgentProgram.Run(Metrics, "filter:include=containerd/*", $"discovery:containerd_states={engine.StateDirectory}", "agent:interval=1s");
        try
        {
            Eventually.True(
                () =>
                {
                    Assert.False(_agent.HasExited, "the agent ended early");
                    return Points("nscollector").Any();
                },
                "the agent runs");
        }
        catch
        {
            _agent.Kill();
            Directory.Delete(_directory, recursive: true);
            throw;
        }
    }

    private string Metrics => Path.Combine(_directory, "metrics.lp");

    [CriFact]
    public void Exited_container_has_names_status_and_final_totals()
    {
        using var pod = new CriPod(Engine, "web-0", "shop");
        // --last-cpu-ms burns CPU after the last cycle, so only the final read can see it.
        CriContainer well = Burning("well"), badly = Burning("badly", "--exit", "3"), killed = Burning("killed", "--signal", "9"), faulted = Burning("faulted", "--signal", "11");
        Assert.Equal([0, 3, 137, 139], new[] { well, badly, killed, faulted }.Select(container => container.AwaitExit()));

        Assert.Equal((0, null), Status(Ends(well)));
        Assert.Equal((3, null), Status(Ends(badly)));
        Assert.Equal((null, 9), Status(Ends(killed)));
        Assert.Equal((null, 11), Status(Ends(faulted)));

        Assert.False(Exits(pod.Id).Any(), "the sandbox has not ended yet");

        CriContainer Burning(string name, params string[] how) => pod.Start(name, ["burn", "--cpu-ms", "20", "--life-ms", "1500", "--last-cpu-ms", "100", "--cgroup-file", ProcessCgroup.CpuFileInContainer, .. how]);

        Point Ends(CriContainer container)
        {
            Point exit = Exit(container.Id);
            Assert.Equal(("containerd", "shop", "web-0", container.Name), (exit.Tags["runtime"], exit.Tags["namespace"], exit.Tags["pod"], exit.Container));
            Assert.Equal(true, exit.Fields["final"]);
            long readNs = Burn.OfCgroup(container.Output);
            Assert.True(readNs >= 120_000_000);
            Assert.InRange(exit.Integer("cpu_usage_ns"), readNs, readNs + ExitCpuNs);
            Assert.InRange(exit.Integer("lifetime_ns"), 1_500_000_000, 30_000_000_000);
            Assert.True(exit.Integer("memory_max_usage_bytes") > 0);
            // The sandbox owns the pod's network.
            Assert.False(exit.Has("rx_bytes"));
            return exit;
        }
    }

    [CriFact]
    public void Restart_count_is_the_kubelets_annotation()
    {
        using var pod = new CriPod(Engine, "again-0", "shop");
        CriContainer first = pod.Start("again", ["burn", "--life-ms", "1500"]);
        first.AwaitExit();
        CriContainer fourth = pod.Start("again", ["burn", "--life-ms", "1500"], annotations: new() { ["io.kubernetes.container.restartCount"] = "3" }, attempt: 3);
        fourth.AwaitExit();
        Assert.Equal(("again", 3L), (Exit(fourth.Id).Container, Exit(fourth.Id).Integer("restart_count")));

        // Nothing says it without the annotation.
        Assert.False(Exit(first.Id).Has("restart_count"));
    }

    [CriFact]
    public void Oom_killed_container_is_reported()
    {
        using var pod = new CriPod(Engine, "greedy-0", "shop");
        CriContainer container = pod.Start("greedy", ["burn", "--life-ms", "0", "--memory-mib", "60"], memoryLimitBytes: 20 << 20);
        Assert.Equal(137, container.AwaitExit());
        Point exit = Exit(container.Id);
        Assert.Equal((null, 9), Status(exit));
        Assert.Equal(("oom", true), (exit.Text("exit_reason"), exit.Boolean("oom_killed")));
        Assert.True(exit.Integer("oom_kills") >= 1);
        Assert.InRange(exit.Integer("memory_max_usage_bytes"), 19 << 20, 20 << 20);
    }

    [CriFact]
    public void Stopped_sandbox_has_the_final_bytes_of_the_pod_network()
    {
        using var pod = new CriPod(Engine, "net-0", "shop");
        string address = ContainerdEngine.Gateway;
        Eventually.True(() => Points("container_info").Any(point => point.Text("container_id") == pod.Id), "the sandbox is sampled");
        CriContainer sender = pod.Start("sender", ["burn", "--send", $"{address}:9:500"]);
        sender.AwaitExit();
        var before = ProcessNetwork.Read(pod.Pid, "eth0");
        Assert.True(before.TxBytes >= 500 * 1042, $"{before} is less than was sent");
        pod.Stop();

        Point exit = Exit(pod.Id);
        Assert.Equal(("shop", "net-0", "POD"), (exit.Tags["namespace"], exit.Tags["pod"], exit.Container));
        Assert.InRange(exit.Integer("tx_bytes"), before.TxBytes, before.TxBytes + 5000);
        Assert.InRange(exit.Integer("rx_bytes"), before.RxBytes, before.RxBytes + 5000);
        Assert.Equal(true, exit.Fields["network_final"]);
        Exit(sender.Id);
    }

    public void Dispose()
    {
        try
        {
            Assert.Equal(0, AgentProgram.Stop(_agent));
        }
        finally
        {
            _agent.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }

    private Point Exit(string id)
    {
        Eventually.True(() => Exits(id).Any(), $"container_exit of {id}");
        return Assert.Single(Exits(id));
    }

    private IEnumerable<Point> Exits(string id) => Points("container_exit").Where(point => point.Text("container_id") == id);

    private IEnumerable<Point> Points(string measurement) => AgentProgram.ReadFile(Metrics).Where(point => point.Measurement == measurement);

    private static (long? Code, long? Signal) Status(Point exit) =>
        (exit.Has("exit_code") ? exit.Integer("exit_code") : null, exit.Has("exit_signal") ? exit.Integer("exit_signal") : null);
}
