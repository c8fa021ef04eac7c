using System.Globalization;
using System.Text.Json;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Lxc;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>Docker's library for Python against the agent's socket.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class PythonTests(SecondDockerEngine engine) : DockerApiTests(engine)
{
    // Debian's package is for this interpreter.
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import docker, itertools, json, sys, time
        client = docker.DockerClient(base_url='unix://' + sys.argv[1])
        name = sys.argv[2]
        one = client.containers.get(name)
        stream = one.stats(decode=True)
        first = [next(stream) for _ in range(2)]
        stream.close()
        print(json.dumps({
            'ping': client.ping(), 'api': client.version()['ApiVersion'], 'names': [each.name for each in client.containers.list()],
            'by_label': [each.name for each in client.containers.list(all=True, filters={'label': 'api-python=yes'})],
            'id': one.id, 'status': one.status, 'labels': one.labels,
            'usage': one.stats(stream=False)['memory_stats']['usage'], 'reads': [each['read'] for each in first],
            'top': [row[7] for row in one.top()['Processes']],
            'events': [each['Action'] for each in client.events(since=int(time.time()) - 600, until=int(time.time()), decode=True, filters={'container': name})],
        }))
        """;

    [RequiresFact("dockerd", "docker", "busybox", "ip", "tar", Python, "/usr/lib/python3/dist-packages/docker/__init__.py")]
    public void Docker_py_lists_and_gets_and_reads_stats_top_and_events()
    {
        using RunningAgent agent = Agent();
        using DockerContainer container = Engine.Start("api-python", ["--label", "api-python=yes"], "exec sleep 1003");
        agent.AwaitSampled(container.Id);
        agent.AwaitCycles(2);
        using JsonDocument document = JsonDocument.Parse(Command.Run(Python, "-c", Script, SocketPath, "api-python"));
        JsonElement answer = document.RootElement;

        Assert.True(answer.GetProperty("ping").GetBoolean());
        Assert.Equal("1.56", Text("api"));
        Assert.Contains("api-python", Texts("names"));
        Assert.Equal(["api-python"], Texts("by_label"));
        Assert.Equal((container.Id, "running", "yes"), (Text("id"), Text("status"), answer.GetProperty("labels").GetProperty("api-python").GetString()));
        Assert.InRange(answer.GetProperty("usage").GetInt64(), 1, 1 << 24);
        DateTimeOffset[] reads = [.. Texts("reads").Select(text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture))];
        Assert.InRange((reads[1] - reads[0]).TotalSeconds, 0.5, 5);
        Assert.Equal(["sleep 1003"], Texts("top"));
        Assert.Equal(["create", "start"], Texts("events").Order(StringComparer.Ordinal));

        string Text(string key) => answer.GetProperty(key).GetString()!;
        string[] Texts(string key) => TextsOf(answer, key);
    }

    [RequiresFact("dockerd", "docker", "busybox", "ip", "tar", "podman", "conmon", "runc", "lxc-start", Python, "/usr/lib/python3/dist-packages/docker/__init__.py")]
    public void Docker_py_and_docker_events_show_containers_of_podman_and_lxc()
    {
        using var podman = new PodmanEngine("vfs");
        using RunningAgent agent = Agent($"discovery:podman_roots={podman.Root}");
        agent.AwaitCycles(1);
        PodmanContainer shop = podman.Start("api-py-podman");
        using var lxc = new LxcContainer("api-py-lxc", 64 << 20);
        string[] names = ["api-py-podman", "api-py-lxc"];
        Eventually.True(() => !names.Except(Docker("ps", "--format", "{{.Names}}").Split('\n')).Any(), "both containers are listed", () => agent.Log);
        agent.AwaitCycles(2);

        // LXC has no file that tells when a container was created.
        (string, ProcessCgroup, string[])[] both = [(names[0], shop.Cgroup, ["create", "start"]), (names[1], lxc.Cgroup, ["start"])];
        foreach ((string name, ProcessCgroup cgroup, string[] events) in both)
        {
            using JsonDocument document = JsonDocument.Parse(Command.Run(Python, "-c", Script, SocketPath, name));
            JsonElement answer = document.RootElement;
            Assert.Empty(names.Except(TextsOf(answer, "names")));
            Assert.Equal("running", answer.GetProperty("status").GetString());
            Assert.Equal(64, answer.GetProperty("id").GetString()!.Length);
            Assert.InRange(answer.GetProperty("usage").GetInt64(), cgroup.MemoryUsageBytes() - (1 << 20), cgroup.MemoryUsageBytes() + (1 << 20));
            Assert.NotEmpty(TextsOf(answer, "top"));
            Assert.Equal(events, TextsOf(answer, "events").Order(StringComparer.Ordinal));
        }

        podman.Podman("kill", names[0]);
        Eventually.True(
            () => Docker("events", "--since", "10m", "--until", "0s", "--filter", "container=" + names[0], "--format", "{{.Action}} {{.Actor.Attributes.exitCode}}").Split('\n').Contains("die 137"),
            "the exit of podman's container", () => agent.Log);
    }

    private static string[] TextsOf(JsonElement answer, string key) => [.. answer.GetProperty(key).EnumerateArray().Select(item => item.GetString()!)];
}
