using System.Diagnostics;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Containers that start, exit and restart while one agent runs.</summary>
public sealed class LifecycleTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Running_agent_follows_births_restarts_and_exits()
    {
        string metrics = Path.Combine(Directory.CreateTempSubdirectory("nscollector-").FullName, "metrics.lp");
        using Process agent = AgentProgram.Run(
            metrics, $"discovery:docker_roots={Engine.DataRoot}", "agent:interval=200ms", "discovery:interval=500ms");
        try
        {
            using DockerContainer container = Engine.Start("life-restarted", [], "exec sleep 1000");
            int first = container.Pid;
            AwaitPid(first);

            Engine.Docker("restart", "--time", "0", "life-restarted");
            int second = container.Pid;
            Assert.NotEqual(first, second);
            AwaitPid(second);
            Point last = Infos().Last();
            Assert.Equal(container.Id, last.Text("container_id"));
            // Docker connects the network after the first process exists: the first sample may have no network.
            Eventually.True(
                () => Networks().Any(point => point.TimestampNs >= Infos().First(info => HasPid(info, second)).TimestampNs),
                "network counters of the second life");

            Engine.Docker("kill", "life-restarted");
            long dead = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
            AwaitCycles(dead, 8);
            // The running cycle may still report it; later ones must not.
            long lastSeen = Infos().Last().TimestampNs;
            long[] cycles = [.. Cycles().Where(timestamp => timestamp > dead)];
            Assert.True(lastSeen <= cycles[4], "an ended container is still reported several cycles later");
            Assert.Equal(0, AgentProgram.Stop(agent));
        }
        finally
        {
            if (!agent.HasExited)
                agent.Kill();
            Directory.Delete(Path.GetDirectoryName(metrics)!, recursive: true);
        }

        IEnumerable<Point> Infos() => AgentProgram.ReadFile(metrics).Where(point => point.Container == "life-restarted" && point.Measurement == "container_info");
        IEnumerable<Point> Networks() => AgentProgram.ReadFile(metrics).Where(point => point.Container == "life-restarted" && point.Measurement == "container_network");
        IEnumerable<long> Cycles() => AgentProgram.ReadFile(metrics).Where(point => point.Measurement == "nscollector" && point.Has("cycle_ns")).Select(point => point.TimestampNs);
        void AwaitPid(int pid) => Eventually.True(() => Infos().Any(info => HasPid(info, pid)), $"points with pid {pid}", () => $"agent has exited: {agent.HasExited}");
        void AwaitCycles(long after, int count) => Eventually.True(() => Cycles().Count(timestamp => timestamp > after) >= count, $"{count} more cycles");

        // Between the exit of its process and the removal of its cgroup it has no pid.
        static bool HasPid(Point info, int pid) => info.Has("pid") && info.Integer("pid") == pid;
    }
}
