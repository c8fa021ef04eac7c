using System.Globalization;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Restarts, health, stopped containers and starts on pure cgroup v2 by the confined service, which reads the runtimes' files and may
/// not use their sockets without a drop-in. Compared with what the runtimes say.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class StateTests(Guest guest)
{
    private const long SecondNs = 1_000_000_000;

    [GuestFact]
    public void Health_restarts_and_starts_are_as_docker_says()
    {
        Engine docker = Engine.Docker(guest);

        // Docker 26.1 does not write the results of health checks to its state file.
        using var unit = new UnitDropIn(guest, "SupplementaryGroups=docker");
        using var agent = new InstalledAgent(guest);
        try
        {
            docker.Start("state-healthy", "--network none --health-cmd '/bin/sh -c true' --health-interval 2s", "/bin/sleep 3600");
            docker.Start("state-restarts", "--network none --restart on-failure:1", "/bin/sh -c 'sleep 3; exit 4'");
            string healthyId = docker.Run("inspect -f '{{.Id}}' state-healthy"), restartsId = docker.Run("inspect -f '{{.Id}}' state-restarts");
            Guest.Await(() => Of(agent, "container_info", healthyId).Any(info => info.Has("health_status") && info.Text("health_status") == "healthy"), "its health", () => docker.Run("inspect -f '{{json .State}}' state-healthy") + agent.Log);
            Guest.Await(() => Of(agent, "container_exit", restartsId).Length == 2, "two exits", () => agent.Log);
            Assert.Equal([0L, 1L], Of(agent, "container_exit", restartsId).Select(exit => exit.Integer("restart_count")));
            Assert.Equal("1", docker.Run("inspect -f '{{.RestartCount}}' state-restarts"));
            docker.Run("kill state-healthy");
            Guest.Await(() => Of(agent, "container_exit", healthyId).Length == 1, "its exit", () => agent.Log);
            Assert.Equal("healthy", Of(agent, "container_exit", healthyId)[0].Text("health_status"));

            // Without a network it has no connection, so its start is written at its exit.
            Point start = Assert.Single(Of(agent, "container_start", healthyId));
            Assert.InRange(start.TimestampNs, Time(docker, "state-healthy", ".Created"), Time(docker, "state-healthy", ".State.StartedAt"));
            Assert.InRange(start.Integer("first_process_ns"), 0, Time(docker, "state-healthy", ".State.StartedAt") - start.TimestampNs);
            Assert.InRange(start.Integer("healthy_ns"), 0, 120 * SecondNs);
            Assert.False(start.Has("first_connection_ns"));
            Assert.Equal(2, Of(agent, "container_start", restartsId).Length);
        }
        finally
        {
            docker.Remove("state-healthy", "state-restarts");
        }
    }

    [GuestFact]
    public void Health_that_dockers_file_does_not_tell_is_absent_and_not_out_of_date()
    {
        Engine docker = Engine.Docker(guest);
        using var agent = new InstalledAgent(guest);
        try
        {
            docker.Start("state-untold", "--network none --health-cmd '/bin/sh -c true' --health-interval 2s", "/bin/sleep 3600");
            string id = docker.Run("inspect -f '{{.Id}}' state-untold");
            Guest.Await(() => docker.Run("inspect -f '{{.State.Health.Status}}' state-untold") == "healthy", "Docker's check");
            long checkedNs = guest.NowNs;
            Point[] later = [];

            // While it starts, its state is read twice a second.
            Guest.Await(() => (later = [.. Of(agent, "container_info", id).Where(info => info.TimestampNs > checkedNs + (5 * SecondNs))]).Length > 0, "a later sample", () => agent.Log);
            Assert.All(later, info => Assert.True(!info.Has("health_status") || info.Text("health_status") == "healthy"));
        }
        finally
        {
            docker.Remove("state-untold");
        }
    }

    [GuestFact]
    public void Stopped_containers_are_counted_as_the_engines_say()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        using var agent = new InstalledAgent(guest, "[discovery]\ncontainer_states = 1s\n");
        try
        {
            Assert.All(engines, engine =>
            {
                engine.Start("state-runs", "--network none", "/bin/sleep 3600");
                engine.Start("state-paused", "--network none", "/bin/sleep 3600");
                engine.Run("pause state-paused");
                engine.Run($"create --name state-created --network none {WorkloadImage.Name} /bin/sleep 1");
                engine.Run($"run --name state-exited --network none {WorkloadImage.Name} /bin/sleep 0.1");
                string[] states = engine.Name == "docker" ? ["running", "paused", "created", "exited"] : ["running", "paused", "stopped"];
                Guest.Await(
                    () => states.All(state => Counted(agent, engine.Name, state) == Told(engine, state)), $"the counts of {engine.Name}",
                    () => string.Join(", ", states.Select(state => $"{state} {Counted(agent, engine.Name, state)} {Told(engine, state)}")) + agent.Log);
                Assert.All(states, state => Assert.True(Counted(agent, engine.Name, state) > 0));
                engine.Run("unpause state-paused");
                Guest.Await(() => Counted(agent, engine.Name, "paused") == Told(engine, "paused"), "the resumed one", () => agent.Log);
            });
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove("state-runs", "state-paused", "state-created", "state-exited"));
        }
    }

    [GuestFact]
    public void Start_has_the_first_connection_of_its_own_network_only()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        using var agent = new InstalledAgent(guest, "[agent]\nstart_wait = 1h\n");
        try
        {
            Assert.All(engines, engine => AssertStarts(agent, engine));
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove("state-in-host", "state-shares", "state-connects"));
        }
    }

    private void AssertStarts(InstalledAgent agent, Engine engine)
    {
        engine.Start("state-connects", "--network none", "/bin/sh -c 'nc -l -p 9 < /dev/null; exec sleep 3600'");
        engine.Start("state-shares", "--network container:state-connects", "/bin/sleep 3600");
        engine.Start("state-in-host", "--network host", "/bin/sleep 3600");
        string owner = engine.Inspect("state-connects").Id;

        // They own no network, so their starts are written although there was no connection yet.
        Assert.All([engine.Inspect("state-shares").Id, engine.Inspect("state-in-host").Id], id =>
        {
            Guest.Await(() => Of(agent, "container_start", id).Length > 0, "the start of a container without a network of its own", () => agent.Log);
            Point start = Assert.Single(Of(agent, "container_start", id));

            // Podman's crun starts the process before systemd makes the scope, so the process is older than the cgroup.
            if (engine.Name == "docker") Assert.True(start.Has("first_process_ns"));
            Assert.False(start.Has("first_connection_ns") || start.Has("first_connection_min_ns"));
        });
        Guest.Await(() => Of(agent, "container_info", owner).Length > 1, "samples without a connection", () => agent.Log);
        Assert.Empty(Of(agent, "container_start", owner));

        long before = guest.NowNs;
        engine.Run("exec state-connects /bin/sh -c 'nc 127.0.0.1 9 < /dev/null'");
        long after = guest.NowNs;
        Guest.Await(() => Of(agent, "container_start", owner).Length > 0, "the start of their owner", () => agent.Log);
        Point connected = Of(agent, "container_start", owner)[0];
        Assert.InRange(connected.TimestampNs + connected.Integer("first_connection_ns"), before, long.MaxValue);
        Assert.InRange(connected.Integer("first_connection_min_ns"), 1, after - connected.TimestampNs);
    }

    private static long Told(Engine engine, string state)
    {
        string[] words = [.. engine.Run("ps -a --format '{{.State}}'").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim())];
        return words.Count(word => state == "stopped" ? word is not ("running" or "paused") : word == state);
    }

    private static long Counted(InstalledAgent agent, string runtime, string state) =>
        agent.Points.LastOrDefault(point => point.Measurement == "container_state" && point.Tags["runtime"] == runtime && point.Tags["state"] == state)?.Integer("containers") ?? -1;

    private static Point[] Of(InstalledAgent agent, string measurement, string id) =>
        [.. agent.Points.Where(point => point.Measurement == measurement && point.Text("container_id") == id)];

    // Docker has nine digits, of which date(1) prints all.
    private long Time(Engine engine, string container, string member) =>
        long.Parse(guest.Run($"date -d \"$({engine.Name} inspect -f '{{{{{member}}}}}' {container})\" +%s%N"), CultureInfo.InvariantCulture);
}
