
namespace NsCollector.GuestTests.Values;

/// <summary>OOM kills in containers on pure cgroup v2, compared with the kernel's counters.</summary>
[Collection(GuestCollection.Name)]
public sealed class OomTests(Guest guest)
{
    private const string Limit = "--memory 32m --memory-swap 32m --network none", Glutton = "burn --memory-mib 64";

    [GuestFact]
    public void Oom_kills_are_reported_while_running_and_at_exit()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        // No cycle runs, so the reports do not come from one.
        using var agent = new InstalledAgent(guest, interval: "10m");
        try
        {
            Assert.All(engines, engine =>
            {
                engine.Start("oom-lives", Limit, $"/bin/sh -c '{Glutton}; {Glutton}; exec sleep 3600'");
                RunningContainer lives = engine.Inspect("oom-lives");
                string events = $"/sys/fs/cgroup{lives.Cgroup}/memory.events";
                long Killed() => guest.Integer($"sed -n 's/^oom_kill //p' {events}");
                Guest.Await(() => Killed() == 2, "two processes are killed", () => guest.Read(events));
                Guest.Await(() => OomPoints(agent, lives.Id).Sum(point => point.Integer("kills")) >= 2, $"both kills in {engine.Name}'s container are reported", () => agent.Log);
                Assert.Equal(2, OomPoints(agent, lives.Id).Sum(point => point.Integer("kills")));
                Point last = OomPoints(agent, lives.Id)[^1];
                Assert.Equal((engine.Name, "oom-lives", 2), (last.Tags["runtime"], last.Container, last.Integer("oom_kills")));
                // If only the cgroup below has the limit, the agent knows it from reading limits, which it has not done since.
                if (last.Has("limit_bytes") || guest.Read($"/sys/fs/cgroup{lives.Cgroup}/memory.max") != "max")
                    Assert.Equal(32 << 20, last.Integer("limit_bytes"));
                // If the limit is in the cgroup below, the reported cgroup may have a little memory beside it.
                Assert.InRange(last.Integer("max_usage_bytes"), 31 << 20, guest.Integer($"cat /sys/fs/cgroup{lives.Cgroup}/memory.peak"));
                Assert.DoesNotContain(agent.Points, point => point.Measurement == "container_exit" && point.Text("container_id") == lives.Id);

                string id = "";
                Point exit = ContainerExit.FirstFinal(() =>
                {
                    engine.Remove("oom-dies");
                    engine.Start("oom-dies", Limit, "/bin/" + Glutton);
                    id = engine.Run("inspect -f '{{.Id}}' oom-dies");
                    return ContainerExit.Await(agent, engine.Name, "oom-dies", id);
                });
                Assert.Equal("1", guest.Run($"dmesg | grep -c 'oom-kill:.*task_memcg=[^,]*{id}'"));
                Assert.Equal(1, exit.Integer("oom_kills"));
                Assert.Equal(1, Assert.Single(OomPoints(agent, id)).Integer("kills"));
                Assert.True(exit.Boolean("oom_killed"));
                Assert.Equal(guest.ReportsExitStatus ? "oom" : "unknown", exit.Text("exit_reason"));
            });
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove("oom-lives", "oom-dies"));
        }
    }

    private static Point[] OomPoints(InstalledAgent agent, string id) => [.. agent.Points.Where(point => point.Measurement == "container_oom" && point.Text("container_id") == id)];
}
