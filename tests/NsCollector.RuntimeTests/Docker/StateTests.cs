using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>What Docker says of the state of its containers: restarts and health; and how long a start took.</summary>
public sealed class StateTests(DockerEngine engine) : DockerTests(engine)
{
    private const long SecondNs = 1_000_000_000;

    [DockerFact]
    public void Each_exit_has_the_restarts_before_it()
    {
        using var agent = Agent();
        using DockerContainer container = Engine.Start("state-restarts", ["--restart", "on-failure:2"], "sleep 1; exit 3");
        Eventually.True(() => agent.Of("container_exit", container.Id).Length == 3, "three exits", () => agent.Log);
        Eventually.True(() => !container.Inspect().GetProperty("State").GetProperty("Running").GetBoolean(), "Docker gives up");
        Assert.Equal(2, container.Inspect().GetProperty("RestartCount").GetInt32());
        Assert.Equal([0L, 1L, 2L], agent.Of("container_exit", container.Id).Select(exit => exit.Integer("restart_count")));

        // A restart in a new cgroup is a start of its own.
        Assert.Equal(3, agent.Of("container_start", container.Id).Length);
    }

    [DockerTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Health_and_the_time_until_healthy_are_as_docker_says(bool withSocket)
    {
        string name = withSocket ? "state-health-socket" : "state-health-file";
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=1s", .. withSocket ? [] : (string[])["discovery:docker_sockets="]]);
        using DockerContainer container = Engine.Start(
            name, ["--health-cmd", "test -e /ready", "--health-interval", "1s", "--health-retries", "2"],
            "until test -e /go; do sleep 0.1; done; nc -l -p 9 < /dev/null & while ! nc 127.0.0.1 9 < /dev/null; do sleep 0.1; done; touch /ready; sleep 1000");
        AwaitHealth("unhealthy");
        long goNs = NowNs();
        container.Execute("touch /go");
        AwaitHealth("healthy");
        Eventually.True(() => agent.Of("container_start", container.Id).Length > 0, "its start", () => agent.Log);
        Point start = Assert.Single(agent.Of("container_start", container.Id));
        JsonElement inspected = container.Inspect();

        // Docker keeps five checks.
        JsonElement success = inspected.GetProperty("State").GetProperty("Health").GetProperty("Log").EnumerateArray().First(check => check.GetProperty("ExitCode").GetInt32() == 0);
        Assert.InRange(start.TimestampNs + start.Integer("healthy_ns"), TimeNs(success, "End") - 1000, TimeNs(success, "End") + SecondNs);
        AssertStart(start, inspected);
        Assert.InRange(start.TimestampNs + start.Integer("first_connection_ns"), goNs, NowNs());
        Assert.InRange(start.Integer("first_connection_min_ns"), 1 * SecondNs, start.Integer("first_connection_ns"));

        Engine.Docker("kill", container.Id);
        Point exit = agent.AwaitExit(container.Id);
        Assert.Equal("healthy", exit.Text("health_status"));
        Assert.Equal(0, exit.Integer("restart_count"));

        void AwaitHealth(string health) => Eventually.True(
            () => agent.Of("container_info", container.Id).Any(info => info.Has("health_status") && info.Text("health_status") == health), health,
            () => container.Inspect().GetProperty("State").ToString() + agent.Log, TimeSpan.FromSeconds(90));
    }

    [DockerFact]
    public void Start_has_the_time_of_the_first_connection_between_two_samples()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(Engine.Gateway), 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using var agent = Agent();
        using DockerContainer container = Engine.Start("state-connects", [], $"sleep 3; nc {Engine.Gateway} {port} < /dev/null; exec sleep 1000");
        using Socket accepted = listener.Accept();
        long acceptedNs = NowNs();
        Eventually.True(() => agent.Of("container_start", container.Id).Length > 0, "its start", () => agent.Log);
        Point start = Assert.Single(agent.Of("container_start", container.Id));
        AssertStart(start, container.Inspect());
        Assert.InRange(acceptedNs, start.TimestampNs + start.Integer("first_connection_min_ns"), start.TimestampNs + start.Integer("first_connection_ns") + (SecondNs / 10));
        Assert.False(start.Has("healthy_ns"));
    }

    [DockerFact]
    public void Start_awaits_no_connection_in_a_network_that_is_not_its_own()
    {
        using RunningAgent agent = new([.. Engine.Settings, "agent:interval=1s", "agent:start_wait=1h"]);
        using DockerContainer owner = Engine.Start("state-net-owner", [], "nc -l -p 9 < /dev/null; exec sleep 1000");
        using DockerContainer sharer = Engine.Start("state-net-sharer", ["--network", "container:state-net-owner"], "exec sleep 1000");
        using DockerContainer inHost = Engine.Start("state-net-host", ["--network", "host"], "exec sleep 1000");
        foreach (DockerContainer container in new[] { sharer, inHost })
        {
            Eventually.True(() => agent.Of("container_start", container.Id).Length > 0, "its start", () => agent.Log);
            Point start = agent.Of("container_start", container.Id)[0];
            AssertStart(start, container.Inspect());
            Assert.False(start.Has("first_connection_ns") || start.Has("first_connection_min_ns"));
        }

        // The connection is the owner's, whichever container opened it.
        Assert.Empty(agent.Of("container_start", owner.Id));
        sharer.Execute("nc 127.0.0.1 9 < /dev/null");
        Eventually.True(() => agent.Of("container_start", owner.Id).Length > 0, "the owner's start", () => agent.Log);
        agent.AwaitCycles(2);
        Assert.True(Assert.Single(agent.Of("container_start", owner.Id)).Has("first_connection_ns"));
        Assert.All([sharer.Id, inHost.Id], id => Assert.Single(agent.Of("container_start", id)));
    }

    [DockerFact]
    public void Start_is_written_once_over_renames_and_not_again_by_the_next_agent()
    {
        using DockerContainer container = Engine.Start("state-before", [], "nc -l -p 9 < /dev/null & sleep 1; nc 127.0.0.1 9 < /dev/null; exec sleep 1000");
        using (var agent = Agent())
        {
            using DockerContainer renamed = Engine.Start("state-renamed-1", [], "sleep 2; nc -l -p 9 < /dev/null & sleep 1; nc 127.0.0.1 9 < /dev/null; exec sleep 1000");
            agent.AwaitSampled(renamed.Id);
            Engine.Docker("rename", renamed.Id, "state-renamed-2");
            Eventually.True(() => agent.Of("container_start", renamed.Id).Length > 0, "its start", () => agent.Log);
            Engine.Docker("rename", renamed.Id, "state-renamed-3");
            agent.AwaitCycles(3);
            Engine.Docker("kill", renamed.Id);
            agent.AwaitExit(renamed.Id);
            agent.Stop();
            Assert.Equal("state-renamed-2", Assert.Single(agent.Of("container_start", renamed.Id)).Container);
            Assert.Empty(agent.Of("container_start", container.Id));
        }

        // Known at the exit: its process, and that it had no connection.
        using RunningAgent late = new([.. Engine.Settings, "agent:interval=1s", "agent:start_wait=1h"]);
        using DockerContainer brief = Engine.Start("state-brief", [], "exec sleep 1");
        Point exit = late.AwaitExit(brief.Id), start = Assert.Single(late.Of("container_start", brief.Id));
        Assert.True(start.Has("first_process_ns"));
        Assert.False(start.Has("first_connection_ns"));
        Assert.InRange(exit.TimestampNs - start.TimestampNs, exit.Integer("lifetime_ns") - (SecondNs / 50), exit.Integer("lifetime_ns") + (5 * SecondNs));
    }

    private RunningAgent Agent() => new([.. Engine.Settings, "agent:interval=1s"]);

    /// <summary>The cgroup was made after Docker had created the container and before it recorded the start.</summary>
    private static void AssertStart(Point start, JsonElement inspected)
    {
        long startedNs = TimeNs(inspected.GetProperty("State"), "StartedAt");
        Assert.InRange(start.TimestampNs, TimeNs(inspected, "Created"), startedNs);
        Assert.InRange(start.Integer("first_process_ns"), 0, startedNs - start.TimestampNs);
    }

    private static long NowNs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static long TimeNs(JsonElement from, string property) =>
        (DateTimeOffset.Parse(from.GetProperty(property).GetString()!, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks * 100;
}
