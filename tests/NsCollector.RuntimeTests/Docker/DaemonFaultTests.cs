
namespace NsCollector.RuntimeTests.Docker;

/// <summary>A dockerd that hangs, dies, comes back, or is not one: the agent goes on, and so does all that it tells of containers.</summary>
public sealed class DaemonFaultTests(DockerEngine engine) : DockerTests(engine)
{
    private const int IntervalMs = 500;
    private const int Cycles = 6;

    [DockerFact]
    public void While_dockerd_is_stopped_sampling_goes_on_and_an_end_is_told() => GoesOn(
        "stopped",
        () => Engine.Signal("STOP"),
        () => Engine.Signal("CONT"));

    [DockerFact]
    public void While_dockerd_is_dead_and_when_it_is_back_sampling_goes_on_and_an_end_is_told() => GoesOn(
        "killed",
        Engine.KillDaemon,
        Engine.StartDaemonAgain);

    [DockerFact]
    public void Fake_dockerd_on_the_socket_stops_neither_samples_nor_exits()
    {
        ImpostorEngine? impostor = null;
        GoesOn(
            "replaced",
            () =>
            {
                Engine.KillDaemon();
                File.Delete(Engine.Socket);
                impostor = new ImpostorEngine(Engine.Socket);
            },
            () =>
            {
                impostor?.Dispose();
                File.Delete(Engine.Socket);
                Engine.StartDaemonAgain();
            });
    }

    private void GoesOn(string fault, Action begin, Action end)
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

            // The first of these may have been under way.
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

            // A cycle that comes late is near the next one, and meanwhile the quota may let nothing run: the two are equal.
            Assert.All(usage.Zip(usage.Skip(1)), pair => Assert.InRange(pair.Second, pair.First, long.MaxValue));
            Assert.True(least < most, $"{least} ns, then {most} ns");
            Assert.InRange(usage[0], least, most);
            Assert.InRange(usage[^1], most, burnt.CpuUsageNs());
        }
        finally
        {
            end();
        }

        // Whoever waits for the daemon is late every time; on a busy machine some are late, and while it waits for a processor all.
        Point[] cycles = [.. agent.Cycles.Skip(before - 1)];
        long excused = (agent.SamplingWaitedMs - waitedBeforeMs) / IntervalMs;
        Assert.InRange(cycles[^1].Integer("cycles_late") - cycles[0].Integer("cycles_late"), 0, (cycles.Length / 3) + excused);

        // The daemon has learnt of it by now, and the containers are still what they were.
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
