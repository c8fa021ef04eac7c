using System.Text.RegularExpressions;
using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>The list of containers, inspect and counters, compared with dockerd's.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed partial class InspectTests(SecondDockerEngine engine) : DockerApiTests(engine)
{
    private const string Filter = "filters=%7B%22label%22%3A%7B%22api-inspect%22%3Atrue%7D%7D";

    [DockerFact]
    public void List_and_inspect_of_resting_containers_are_dockerds()
    {
        using DockerContainer rich = Engine.Start(
            "api-rich",
            ["--label", "api-inspect=\"é", "--env", "SECRET=1", "--memory", "64m", "--cpus", "0.5", "--pids-limit", "40", "--cpuset-cpus", "0", "--expose", "81", "--volume", "api-data:/data:ro",
                "--hostname", "rich", "--workdir", "/tmp", "--restart", "on-failure:3", "--read-only", "--network", "bridge"],
            "exec sleep 1000");
        using DockerContainer paused = Engine.Start("api-paused", ["--label", "api-inspect", "--network", "none"], "exec sleep 1000");
        using DockerContainer shared = Engine.Start("api-shared", ["--label", "api-inspect", "--network", "container:api-rich"], "exec sleep 1000");
        using DockerContainer ended = Engine.Start("api-ended", ["--label", "api-inspect", "--network", "host"], "exit 3");
        using var created = new DockerContainer(Engine, Engine.Docker("create", "--label", "api-inspect", "--name", "api-created", DockerEngine.Image, "sleep", "1"));
        Engine.Docker("pause", paused.Id);
        Assert.Equal(3, ended.AwaitExit());
        using RunningAgent agent = Agent("docker_api:environment=on");
        agent.AwaitSampled(rich.Id);
        agent.AwaitCycles(2);
        try
        {
            AwaitEqual($"/v1.41/containers/json?all=1&{Filter}", _ => true);
            Assert.Equal(5, Get(SocketPath, $"/v1.41/containers/json?all=1&{Filter}").GetArrayLength());
            AwaitEqual($"/v1.41/containers/json?limit=2&{Filter}", _ => true);
            foreach (DockerContainer container in (DockerContainer[])[rich, paused, shared, ended, created]) AwaitEqual($"/v1.41/containers/{container.Id}/json", _ => true);
            Assert.Contains(Leaves("", Get(SocketPath, "/v1.41/containers/api-rich/json")), leaf => leaf.Path.StartsWith("/Config/Env/", StringComparison.Ordinal) && leaf.Value == "SECRET=1");
            Assert.Equal(Engine.Docker("ps", "--all", "--filter", "label=api-inspect", "--format", "{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Ports}} {{.Mounts}} {{.Networks}}"),
                Docker("ps", "--all", "--filter", "label=api-inspect", "--format", "{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Ports}} {{.Mounts}} {{.Networks}}"));
        }
        finally
        {
            Engine.Docker("unpause", paused.Id);
        }
    }

    [DockerFact]
    public void Counters_of_a_working_container_are_between_two_of_dockerds()
    {
        using DockerContainer container = Engine.Start("api-working", ["--cpus", "0.3"], "while :; do head -c 20000 /dev/zero > /tmp/x; sync; done");
        using RunningAgent agent = Agent();
        agent.AwaitSampled(container.Id);
        agent.AwaitCycles(1);
        Dictionary<string, long> before = Counters(Engine.Socket);
        agent.AwaitCycles(2);
        Dictionary<string, long> own = Counters(SocketPath), after = Counters(Engine.Socket);

        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), own.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(own.Where(counter => counter.Value < before[counter.Key] || counter.Value > after[counter.Key]).Select(counter => $"{counter.Key}: {before[counter.Key]} {counter.Value} {after[counter.Key]}"));
        Assert.True(before["/cpu_stats/cpu_usage/total_usage"] < own["/cpu_stats/cpu_usage/total_usage"]);
        Assert.True(own.Count(counter => counter.Value > before[counter.Key]) > 5, "hardly a counter has moved");

        Dictionary<string, long> Counters(string socket) =>
            Leaves("", Get(socket, $"/v1.41/containers/{container.Id}/stats?stream=0&one-shot=1")).Where(leaf => IsCounter().IsMatch(leaf.Path) && long.TryParse(leaf.Value, out _))
                .ToDictionary(leaf => leaf.Path, leaf => long.Parse(leaf.Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^/cpu_stats/(cpu_usage|throttling_data|system_cpu_usage)|^/blkio_stats/.*/value$|^/networks/|^/memory_stats/(failcnt|max_usage|stats/.*pg(fault|majfault|pgin|pgout))$")]
    private static partial Regex IsCounter();
}
