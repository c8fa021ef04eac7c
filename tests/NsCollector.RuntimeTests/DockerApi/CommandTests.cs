using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>The docker command against the agent's socket.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class CommandTests(SecondDockerEngine engine) : DockerApiTests(engine)
{
    // They differ between two answers of dockerd itself: times, and the CPU time of the host. Newer versions also have os_type.
    private static readonly string[] ChangingKeys = ["/read", "/preread", "/cpu_stats/system_cpu_usage", "/precpu_stats/system_cpu_usage", "/os_type"];

    [DockerFact]
    public void Stats_of_a_sleeping_container_are_dockerds()
    {
        using DockerContainer container = Engine.Start(
            "api-sleeper", ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"], "head -c 100000 /dev/zero > /tmp/x; sync; exec sleep 1000");
        using RunningAgent agent = Agent();
        agent.AwaitSampled(container.Id);
        agent.AwaitCycles(2);
        foreach (string query in (string[])["stream=0", "stream=0&one-shot=1"]) AwaitEqual($"/v1.41/containers/{container.Id}/stats?{query}", path => !ChangingKeys.Contains(path));
    }

    [DockerFact]
    public void Top_is_dockerds()
    {
        using DockerContainer container = Engine.Start("api-top", [], "sleep 1001 & sh -c 'sleep 1002; :' 'odd  name' & exec sleep 1000");
        using RunningAgent agent = Agent();

        // Its point may be written before the API shows the cycle.
        Eventually.True(() => Command.Try("docker", "--host", $"unix://{SocketPath}", "top", "api-top").Status == 0, "the container", () => agent.Log);

        // The column C falls each second while the processes are young.
        foreach (string[] arguments in (string[][])[["api-top"], [container.Id[..12], "-ef"]])
        {
            Eventually.True(
                () => Engine.Docker(["top", .. arguments]) == Docker(["top", .. arguments]), "equal processes",
                () => Engine.Docker(["top", .. arguments]) + "\n" + Docker(["top", .. arguments]));
        }

        Assert.Equal(5, Docker("top", "api-top").Split('\n').Length);
        (int status, _, string errors) = Command.Try("docker", "--host", $"unix://{SocketPath}", "top", "api-top", "aux");
        Assert.True(status != 0 && errors.Contains("not implemented", StringComparison.Ordinal), errors);
    }

    [DockerFact]
    public void Events_have_start_pause_and_die_with_the_exit_code()
    {
        using RunningAgent agent = Agent();
        using System.Diagnostics.Process events = Command.Start(
            "docker", "--host", $"unix://{SocketPath}", "events", "--filter", "type=container", "--format", "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.ID}} {{.Actor.Attributes.exitCode}}");
        var lines = new List<string>();
        events.OutputDataReceived += (_, line) =>
        {
            lock (lines) lines.Add(line.Data ?? "");
        };
        events.BeginOutputReadLine();
        events.BeginErrorReadLine();
        try
        {
            agent.AwaitCycles(1);
            using DockerContainer container = Engine.Start("api-events", [], "while [ ! -e /tmp/end ]; do sleep 0.2; done; exit 3");
            AwaitEvent("start");
            Engine.Docker("pause", container.Id);
            AwaitEvent("pause");
            Engine.Docker("unpause", container.Id);
            AwaitEvent("unpause");
            container.Execute("touch /tmp/end");
            Assert.Equal(3, container.AwaitExit());
            AwaitEvent("die");

            // It is seen in the next cycle, when the container may run already.
            AwaitEvent("create");
            Assert.Equal(
                ["start <no value>", "pause <no value>", "unpause <no value>", "die 3"],
                Own().Where(words => words[0] != "create").Select(words => $"{words[0]} {string.Join(' ', words[3..])}"));
            Assert.All(Own(), words => Assert.Equal(container.Id, words[2]));

            // The same from the past. The docker command cuts the current time to seconds.
            Thread.Sleep(TimeSpan.FromSeconds(1.1));
            string past = Docker("events", "--since", "10m", "--until", "0s", "--filter", "container=api-events", "--format", "{{.Action}}");
            Assert.Equal(["start", "pause", "unpause", "die"], past.Split('\n').Where(action => action != "create"));
            Assert.Contains("create", past.Split('\n'));
        }
        finally
        {
            events.Kill();
            events.WaitForExit();
        }

        string[][] Own()
        {
            lock (lines) return [.. lines.Select(line => line.Split(' ')).Where(words => words.Length > 3 && words[1] == "api-events")];
        }

        void AwaitEvent(string action) => Eventually.True(() => Own().Any(words => words[0] == action), action, () => string.Join('\n', lines) + agent.Log);
    }
}
