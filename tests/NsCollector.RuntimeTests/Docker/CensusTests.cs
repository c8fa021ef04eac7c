namespace NsCollector.RuntimeTests.Docker;

/// <summary>The number of containers in each state. It includes those of all daemons of the machine.</summary>
[Collection(AloneDockerCollection.Name)]
public sealed class CensusTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void States_are_counted_as_docker_ps_says()
    {
        using DockerContainer running = Engine.Start("state-running", [], "exec sleep 1000"), paused = Engine.Start("state-paused", [], "exec sleep 1000");
        Engine.Docker("pause", paused.Id);
        using DockerContainer exited = Engine.Start("state-exited", [], "exit 1");
        exited.AwaitExit();
        using DockerContainer created = new(Engine, Engine.Docker("create", "--name", "state-created", DockerEngine.Image, "true"));
        using DockerContainer restarting = Engine.Start("state-restarting", ["--restart", "always"], "exit 1");

        // After some restarts, Docker waits for longer than a test takes.
        Eventually.True(() => restarting.Inspect().GetProperty("RestartCount").GetInt32() >= 5, "it waits between restarts");
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=1s", "discovery:container_states=1s", "filter:include=docker/state-running"]);
        string[] states = ["created", "running", "paused", "restarting", "exited", "dead", "unknown"];
        long[] counted = [];
        Eventually.True(
            () =>
            {
                string[] docker = Engine.Docker("ps", "--all", "--no-trunc", "--format", "{{.State}}").Split('\n');
                counted = [.. states.Select(state => Counted(agent, state))];
                return counted.SequenceEqual(states.Select(state => (long)docker.Count(said => said == state)));
            },
            "the counts of docker ps", () => string.Join(' ', counted) + agent.Log);
        Assert.All([counted[0], counted[1], counted[2], counted[4]], count => Assert.True(count > 0));
        Engine.Docker("unpause", paused.Id);
        long before = counted[2];
        Eventually.True(() => Counted(agent, "paused") == before - 1, "the resumed container", () => agent.Log);
    }

    private static long Counted(RunningAgent agent, string state) =>
        agent.Points.LastOrDefault(point => point.Measurement == "container_state" && point.Tags["runtime"] == "docker" && point.Tags["state"] == state)?.Integer("containers") ?? -1;
}
