
namespace NsCollector.RuntimeTests.Docker;

/// <summary>A dockerd that hangs, dies, restarts or is not a dockerd: the agent still samples, and reports exits.</summary>
public sealed class DaemonFaultTests(DockerEngine engine) : DockerTests(engine)
{
    private const int IntervalMs = 500;
    private const int Cycles = 6;

    [DockerFact]
    public void Stopped_dockerd_stops_neither_samples_nor_exits() => AssertAgentContinues(
        "stopped",
        () => Engine.Signal("STOP"),
        () => Engine.Signal("CONT"));

    [DockerFact]
    public void Killed_and_restarted_dockerd_stops_neither_samples_nor_exits() => AssertAgentContinues(
        "killed",
        Engine.KillDaemon,
        Engine.StartDaemonAgain);

    [DockerFact]
    public void Fake_dockerd_on_the_socket_stops_neither_samples_nor_exits()
    {
        FakeEngine? fake = null;
        AssertAgentContinues(
            "replaced",
            () =>
            {
                Engine.KillDaemon();
                File.Delete(Engine.Socket);
                fake = new FakeEngine(Engine.Socket);
            },
            () =>
            {
                fake?.Dispose();
                File.Delete(Engine.Socket);
                Engine.StartDaemonAgain();
            });
    }

    private void AssertAgentContinues(string fault, Action begin, Action end)
    {
        using RunningAgent agent = new([.. Engine.Settings, $"agent:interval={IntervalMs}ms"]);
        using DockerContainer busy = Engine.Start($"fault-{fault}-busy", ["--cpus", "0.2"], "while :; do :; done");
        using DockerContainer ending = Engine.Start($"fault-{fault}-ending", [], "exec sleep 1000");
        int busyPid = busy.Pid, endingPid = ending.Pid;
        ProcessCgroup burnt = new(busyPid);
        agent.AwaitSampled(busy.Id);
        agent.AwaitSampled(ending.Id);
        agent.AwaitCycles(1);
        int before = agent.Cycles.Length;
        long waitedBeforeMs = agent.SamplingWaitedMs;
        try
        {
            begin();
            long least = burnt.CpuUsageNs();

            // The first of these may have begun before the fault.
            agent.AwaitCycles(2);
            long fromNs = agent.Cycles[^1].TimestampNs;
            Command.Run("kill", "-KILL", $"{endingPid}");
            Point exit = agent.AwaitExit(ending.Id);
            Assert.Equal($"fault-{fault}-ending", exit.Container);
            Assert.True(exit.Boolean("final"));

            agent.AwaitCycles(Cycles);
            long most = burnt.CpuUsageNs();
            agent.AwaitCycles(2);
            long[] usage = [.. agent.Points.Where(point => point.Measurement == "container_cpu" && point.Container == $"fault-{fault}-busy" && point.TimestampNs > fromNs).Select(point => point.Integer("usage_ns"))];
            Assert.True(usage.Length >= Cycles, $"{usage.Length} samples");

            // A late cycle is close to the next one, and the quota may permit no CPU time in between, so two values can be equal.
            Assert.All(usage.Zip(usage.Skip(1)), pair => Assert.InRange(pair.Second, pair.First, long.MaxValue));
            Assert.True(least < most, $"{least} ns, then {most} ns");
            Assert.InRange(usage[0], least, most);
            Assert.InRange(usage[^1], most, burnt.CpuUsageNs());
        }
        finally
        {
            end();
        }

        // An agent that waited for the daemon would be late in every cycle. A busy machine makes some late, and waiting for a processor all.
        Point[] cycles = [.. agent.Cycles.Skip(before - 1)];
        long excused = (agent.SamplingWaitedMs - waitedBeforeMs) / IntervalMs;
        Assert.InRange(cycles[^1].Integer("cycles_late") - cycles[0].Integer("cycles_late"), 0, (cycles.Length / 3) + excused);

        // The daemon knows of the exit by now, and has left the other container alone.
        Assert.Equal(137, ending.AwaitExit());
        Assert.Equal(busyPid, busy.Pid);
        using DockerContainer next = Engine.Start($"fault-{fault}-next", [], "exec sleep 1000");
        agent.AwaitSampled(next.Id);
        agent.AwaitCycles(2);
        agent.Stop();
        Assert.Equal($"fault-{fault}-next", agent.Of("container_info", next.Id)[0].Container);
        Assert.Single(agent.Of("container_exit", ending.Id));
        Assert.Equal(9, agent.Of("container_exit", ending.Id)[0].Integer("exit_signal"));
        Assert.Empty(agent.Of("container_exit", busy.Id));
        Assert.All(agent.Of("container_info", busy.Id), info => Assert.Equal($"fault-{fault}-busy", info.Container));
    }
}
