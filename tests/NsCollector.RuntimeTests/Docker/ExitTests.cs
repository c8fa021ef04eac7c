using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Exits of containers and their final totals, compared with Docker, the kernel and the workload.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class ExitTests(SecondDockerEngine engine) : DockerTests(engine)
{
    private const long SecondNs = 1_000_000_000;

    [DockerFact]
    public void Exit_status_of_init_is_reported_without_a_signal()
    {
        using var agent = Agent();
        foreach (int code in new[] { 0, 3, 137 })
        {
            using DockerContainer container = Engine.StartBurn($"end-returned-{code}", [], "--life-ms", "300", "--exit", $"{code}");
            Assert.Equal(code, container.AwaitExit());
            Point exit = AssertEnded(agent, container, $"end-returned-{code}");
            Assert.Equal(code, exit.Integer("exit_code"));
            Assert.False(exit.Has("exit_signal"));
            Assert.Equal("exited", exit.Text("exit_reason"));
            Assert.False(exit.Boolean("oom_killed"));
        }
    }

    [DockerFact]
    public void Signal_that_ended_init_is_reported_without_an_exit_code()
    {
        const int Kill = 9, Fault = 11, Terminate = 15;
        using var agent = Agent();
        using DockerContainer killed = Engine.Start("end-docker-kill", [], "exec sleep 1000");
        using DockerContainer killedByHost = Engine.Start("end-host-kill", [], "exec sleep 1000");
        using DockerContainer stopped = Engine.Start("end-docker-stop", [], "exec sleep 1000");
        using DockerContainer obedient = Engine.Start("end-docker-stop-obedient", [], "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done");
        using DockerContainer stoppedInHosts = Engine.Start("end-docker-stop-hosts", ["--pid", "host"], "exec sleep 1000");
        obedient.AwaitLine("ready");

        Engine.Docker("kill", killed.Id);
        Command.Run("kill", "-KILL", $"{killedByHost.Pid}");
        // An init process that does not handle SIGTERM ignores it (pid_namespaces(7)), so Docker kills it after one second.
        Engine.Docker("stop", "--time", "1", stopped.Id);
        Engine.Docker("stop", "--time", "30", obedient.Id);
        Engine.Docker("stop", "--time", "30", stoppedInHosts.Id);
        using DockerContainer faulted = Engine.StartBurn("end-faulted", [], "--life-ms", "300", "--signal", $"{Fault}");
        faulted.AwaitExit();

        AssertSignal(killed, "end-docker-kill", Kill);
        AssertSignal(killedByHost, "end-host-kill", Kill);
        AssertSignal(stopped, "end-docker-stop", Kill);
        AssertSignal(stoppedInHosts, "end-docker-stop-hosts", Terminate);
        AssertSignal(faulted, "end-faulted", Fault);
        Assert.Equal(7, AssertEnded(agent, obedient, "end-docker-stop-obedient").Integer("exit_code"));

        void AssertSignal(DockerContainer container, string name, int signal)
        {
            Point exit = AssertEnded(agent, container, name);
            Assert.Equal(128 + signal, State(container).GetProperty("ExitCode").GetInt32());
            Assert.Equal(signal, exit.Integer("exit_signal"));
            Assert.False(exit.Has("exit_code"));
            Assert.Equal("signal", exit.Text("exit_reason"));
            Assert.False(exit.Boolean("oom_killed"));
        }
    }

    [DockerFact]
    public void Oom_killed_container_is_reported_at_once_and_at_its_exit()
    {
        // No cycle runs during the test, so the reports do not come from one.
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=10m"]);
        using DockerContainer container = Engine.StartBurn("end-oom", ["--memory", "16m", "--memory-swap", "16m"], "--memory-mib", "64", "--life-ms", "60000");
        container.AwaitExit();
        long endedNs = NowNs();
        Point exit = AssertEnded(agent, container, "end-oom");
        // Long before the next cycle and the next walk.
        Assert.InRange(NowNs() - endedNs, 0, 30 * SecondNs);
        Assert.Equal(9, exit.Integer("exit_signal"));
        Assert.Equal(1, exit.Integer("oom_kills"));
        Assert.Equal("oom", exit.Text("exit_reason"));
        Assert.True(exit.Boolean("oom_killed"));

        JsonElement state = State(container);
        Assert.Equal(137, state.GetProperty("ExitCode").GetInt32());
        // Docker's OOMKilled is reported independently of the exit and may come too late, so check the kernel's log.
        Assert.Single(Command.Run("dmesg").Split('\n'), line => line.Contains("oom-kill:", StringComparison.Ordinal) && line.Contains(container.Id, StringComparison.Ordinal));
        Point oom = Assert.Single(agent.Of("container_oom", container.Id));
        Assert.Equal("end-oom", oom.Container);
        Assert.Equal(exit.Tags, oom.Tags);
        Assert.Equal(1, oom.Integer("kills"));
        Assert.Equal(1, oom.Integer("oom_kills"));
        Assert.Equal(16 << 20, oom.Integer("limit_bytes"));
        Assert.InRange(oom.Integer("max_usage_bytes"), 15 << 20, 16 << 20);

        // The kernel killed init, so the kill came right before the exit. The shim records the exit when it reaps init.
        Assert.InRange(oom.TimestampNs, TimeNs(state, "FinishedAt") - SecondNs, TimeNs(state, "FinishedAt") + (SecondNs / 10));
        Assert.True(oom.TimestampNs <= exit.TimestampNs + (SecondNs / 10));
    }

    [DockerFact]
    public void Each_oom_kill_is_reported_while_the_container_keeps_running()
    {
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=10m"]);
        using DockerContainer container = Engine.Start(
            "end-oom-children",
            ["--memory", "16m", "--memory-swap", "16m", "--volume", $"{Burn.Program}:/burn:ro"],
            "for i in 1 2 3; do sleep 1; /burn --memory-mib 64; done; echo done; exec sleep 1000");
        container.AwaitLine("done");
        long kills = container.Cgroup.OomKills();
        Assert.Equal(3, kills);
        Eventually.True(() => agent.Of("container_oom", container.Id).Sum(point => point.Integer("kills")) == kills, $"{kills} kills", () => string.Join(" / ", agent.Of("container_oom", container.Id).Select(point => point.Integer("kills"))));
        Assert.Equal(kills, agent.Of("container_oom", container.Id)[^1].Integer("oom_kills"));
        Assert.Empty(agent.Of("container_exit", container.Id));
        Assert.All(agent.Of("container_oom", container.Id), point => Assert.Equal("end-oom-children", point.Container));
    }

    [DockerFact]
    public void Exit_waits_for_orphans_and_includes_their_cpu_time()
    {
        const int Orphans = 3, OrphanCpuMs = 100;
        using var agent = Agent();
        // In the host's pid namespace other processes outlive init. The runtime kills them when it has noticed its exit.
        using DockerContainer container = Engine.StartBurn(
            "end-orphans", ["--pid", "host"], "--orphans", $"{Orphans}:{OrphanCpuMs}:60000", "--cpu-ms", "20", "--life-ms", "3000", "--exit", "5",
            "--cgroup-file", ProcessCgroup.CpuFileInContainer);
        string path = container.Cgroup.DirectoryPath;
        Assert.Equal(5, container.AwaitExit());
        Point exit = AssertEnded(agent, container, "end-orphans");
        Assert.Equal(5, exit.Integer("exit_code"));
        Burn self = Burn.OfSelf(container.Output);
        Assert.Empty(Burn.OfOrphans(container.Output));
        Assert.True(exit.Integer("cpu_usage_ns") - self.CpuNs >= Orphans * OrphanCpuMs * 1_000_000L);

        // The kernel's time when the orphans had burned theirs; then their exits and that of init.
        long readNs = Burn.OfCgroup(container.Output);
        Assert.InRange(exit.Integer("cpu_usage_ns"), readNs, readNs + 60_000_000);
        Assert.False(Directory.Exists(path));
        agent.AwaitCycles(3);
        Assert.Single(agent.Of("container_exit", container.Id));
    }

    [DockerFact]
    public void Final_bytes_are_read_from_the_namespace_mounted_by_docker() =>
        AssertFinalBytes("end-sender-held", $"network:namespace_roots={Engine.NamespaceRoot}");

    [DockerFact]
    public void Final_bytes_are_read_from_the_hosts_veth() =>
        AssertFinalBytes("end-sender-peer", "network:namespace_roots=/nonexistent");

    [DockerFact]
    public void Restarted_container_has_one_exit_per_life_and_one_series()
    {
        const int Restarts = 3;
        using var agent = Agent();
        using DockerContainer container = Engine.Start("end-restarted", [], "exec sleep 1000");
        var pids = new List<long>();
        for (int i = 0; i <= Restarts; i++)
        {
            int pid = container.Pid;
            pids.Add(pid);
            Eventually.True(() => agent.Of("container_info", container.Id).Any(info => info.Has("pid") && info.Integer("pid") == pid), $"points with pid {pid}", () => agent.Log);
            if (i < Restarts)
                Engine.Docker("restart", "--time", "0", container.Id);
        }

        agent.AwaitCycles(3);
        Engine.Docker("kill", container.Id);
        Eventually.True(() => agent.Of("container_exit", container.Id).Length == Restarts + 1, $"{Restarts + 1} exits", () => agent.Log);
        agent.Stop();
        Point[] exits = agent.Of("container_exit", container.Id), infos = agent.Of("container_info", container.Id);
        Assert.Equal(Restarts + 1, exits.Length);
        Assert.All(exits, exit => Assert.Equal(9, exit.Integer("exit_signal")));
        Assert.All(exits, exit => Assert.True(exit.Boolean("final")));
        // No life has the time of all lives together.
        Assert.All(exits.Zip(exits.Skip(1)), pair => Assert.True(pair.Second.Integer("lifetime_ns") < pair.Second.TimestampNs - pair.First.TimestampNs));

        // A cycle between the exit of the process and the removal of its cgroup finds no pid.
        Point[] alive = [.. infos.Where(info => info.Has("pid"))];
        Assert.Equal(pids, alive.Select(info => info.Integer("pid")).Distinct());
        Assert.Equal(Restarts + 1, alive.Select(info => info.Integer("started_at_ns")).Distinct().Count());

        // One series per measurement: no tag was added, removed or changed.
        Assert.All(agent.Points.Where(point => point.Container?.StartsWith(container.Id[..12], StringComparison.Ordinal) == true), point => Assert.Fail($"{point.Measurement} under the id"));
        Assert.All(
            agent.Points.Where(point => point.Container == "end-restarted").GroupBy(point => point.Measurement),
            measurement => Assert.All(measurement, point => Assert.Equal(infos[0].Tags, point.Tags.Where(tag => tag.Key is not ("interface" or "device" or "resource" or "pagesize")).ToDictionary())));
        Assert.False(infos[0].Tags.ContainsKey("id"));
    }

    /// <summary>
    /// Asserts the bytes of a container that no cycle has seen. Docker removes its network while the agent reads it, and on a busy machine Docker may
    /// be first. Then the agent has to say so, and the next container is tried.
    /// </summary>
    private void AssertFinalBytes(string name, string setting)
    {
        const int Attempts = 3;
        for (int i = 1; !AreBytesFinal($"{name}-{i}", setting); i++)
            Assert.True(i < Attempts, $"Docker was faster than the agent {Attempts} times.");
    }

    private bool AreBytesFinal(string name, string setting)
    {
        const int Datagrams = 2000, DatagramBytes = 1000 + 8 + 20 + 14;
        using Socket receiver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Parse(Engine.Gateway), 0));
        // SO_RCVBUFFORCE: the kernel needs about 2,300 bytes for each datagram, and nobody reads before all have arrived.
        receiver.SetRawSocketOption(1, 33, BitConverter.GetBytes(16 << 20));
        int port = ((IPEndPoint)receiver.LocalEndPoint!).Port;

        // It lives between two cycles and is connected after its birth, so no cycle has seen its interface.
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=10m", setting]);
        using DockerContainer container = Engine.Start(
            name, ["--volume", $"{Burn.Program}:/burn:ro"], $"sleep 2; exec /burn --send {Engine.Gateway}:{port}:{Datagrams}");
        agent.AwaitSampled(container.Id);
        Assert.Equal(0, container.AwaitExit());
        Point exit = AssertEnded(agent, container, name);

        long received = 0;
        for (byte[] datagram = new byte[2000]; receiver.Available > 0; received++)
            Assert.Equal(1000, receiver.Receive(datagram));
        Assert.Equal(Datagrams, received);
        if (!exit.Boolean("network_final")) return false;

        // It also sends ARP requests, and router solicitations with IPv6.
        Assert.InRange(exit.Integer("tx_bytes"), received * DatagramBytes, (received * DatagramBytes) + 5000);
        return true;
    }

    private RunningAgent Agent() => new([.. Engine.Settings, "agent:interval=1s"]);

    /// <summary>Waits for the only exit of a container, and for Docker to have noticed it too.</summary>
    private static Point AssertEnded(RunningAgent agent, DockerContainer container, string name)
    {
        Point exit = agent.AwaitExit(container.Id);
        JsonElement inspected = container.Inspect(), state = inspected.GetProperty("State");
        Assert.Equal(name, exit.Container);
        Assert.True(exit.Boolean("final"));
        Assert.Equal("exited", state.GetProperty("Status").GetString());

        // The shim records the exit when it reaps init; the scheduler decides how long that takes.
        long finishedNs = TimeNs(state, "FinishedAt");
        Assert.InRange(exit.TimestampNs, finishedNs - SecondNs, finishedNs + (SecondNs / 10));

        // Docker records the start when runc has returned. The process started before that, and after the container was created.
        Assert.InRange(
            exit.Integer("lifetime_ns"),
            finishedNs - TimeNs(state, "StartedAt") - SecondNs,
            exit.TimestampNs - TimeNs(inspected, "Created"));
        return exit;
    }

    private static JsonElement State(DockerContainer container) => container.Inspect().GetProperty("State");

    private static long TimeNs(JsonElement from, string property) =>
        (DateTimeOffset.Parse(from.GetProperty(property).GetString()!, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static long NowNs() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
}
