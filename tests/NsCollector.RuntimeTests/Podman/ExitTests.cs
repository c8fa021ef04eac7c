using System.Diagnostics;

namespace NsCollector.RuntimeTests.Podman;

/// <summary>Exits of podman's containers.</summary>
[Collection(PodmanCollection.Name)]
public sealed class ExitTests(PodmanEngines engines) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    private string Metrics => Path.Combine(_directory, "metrics.lp");

    [PodmanFact]
    public void Exit_is_reported_once_with_name_and_podmans_exit_status()
    {
        PodmanEngine podman = engines.Empty("vfs");
        using Process agent = AgentProgram.Run(Metrics, "filter:include=podman/*", $"discovery:podman_roots={podman.Root}", "agent:interval=10s");
        try
        {
            Eventually.True(() => Points("nscollector").Any(), "the agent's first cycle");
            podman.Podman("run", "--detach", "--name", "returns", "--network", "none", PodmanEngine.Image, "sh", "-c", "sleep 1; exit 3");
            podman.Podman("run", "--detach", "--rm", "--name", "leaves-nothing", "--network", "none", PodmanEngine.Image, "sh", "-c", "sleep 0.2; exit 0");
            podman.Start("killed");
            podman.Podman("kill", "killed");
            string[] names = ["killed", "leaves-nothing", "returns"];
            Eventually.True(() => names.All(name => Exits(name).Any()), "three exits", () => string.Join(", ", Points("container_exit").Select(point => point.Container)));

            Assert.Equal(3, Exit("returns").Integer("exit_code"));
            Eventually.True(() => podman.Podman("inspect", "--type", "container", "--format", "{{.State.ExitCode}}", "returns") == "3", "podman has recorded the exit");
            Assert.Equal(0, Exit("leaves-nothing").Integer("exit_code"));
            Assert.Equal(9, Exit("killed").Integer("exit_signal"));
            Assert.Equal(["signal", "exited", "exited"], names.Select(name => Exit(name).Text("exit_reason")));
            Assert.All(names, name => Assert.False(Exit(name).Boolean("oom_killed")));
            Assert.All(names, name => Assert.Equal(true, Exit(name).Fields["final"]));
            Assert.All(names, name => Assert.Equal(PodmanEngine.Image, Exit(name).Tags["image"]));
            Assert.Equal(podman.Podman("inspect", "--type", "container", "--format", "{{.Id}}", "returns"), Exit("returns").Text("container_id"));
            Assert.Equal(0, AgentProgram.Stop(agent));
            Assert.Equal(3, Points("container_exit").Count());

            // Short-lived containers leave no series under their ids.
            Assert.Empty(Points("container_info").Select(point => point.Container).Except(names));
        }
        finally
        {
            if (!agent.HasExited) agent.Kill();
        }
    }

    [PodmanFact]
    public void States_are_counted_as_podman_ps_says_and_starts_once()
    {
        PodmanEngine podman = engines.Empty("overlay");
        using Process agent = AgentProgram.Run(
            Metrics, "filter:include=podman/state-*", $"discovery:podman_roots={podman.Root}", "agent:interval=1s", "discovery:container_states=1s", "cgroup:limits_interval=1s");
        try
        {
            Eventually.True(() => Points("nscollector").Any(), "the agent's first cycle");
            podman.Start("state-running");
            podman.Start("excluded");
            podman.Start("state-paused").Cgroup.SetFrozen(true);
            podman.Podman("create", "--name", "state-created", "--network", "none", PodmanEngine.Image, "true");
            podman.Podman("run", "--name", "state-exited", "--network", "none", PodmanEngine.Image, "true");
            Eventually.True(() => Counted("running") == 2 && Counted("paused") == 1 && Counted("stopped") == 2, "the counts", () => $"{Counted("running")} {Counted("paused")} {Counted("stopped")}");
            Assert.Equal(2, podman.Podman("ps", "--all", "--quiet", "--filter", "status=created", "--filter", "status=exited").Split('\n').Length);
            podman.Podman("kill", "state-running");
            Eventually.True(() => Counted("running") == 1 && Counted("stopped") == 3, "the killed one");
            Point start = Assert.Single(Points("container_start"), point => point.Container == "state-running");
            Assert.True(start.Has("first_process_ns"));
            Assert.False(start.Has("first_connection_ns"));
            Assert.False(Assert.Single(Exits("state-running")).Has("restart_count"));
            Assert.DoesNotContain(Points("container_start"), point => point.Container == "excluded");
        }
        finally
        {
            if (!agent.HasExited) agent.Kill();
            Command.Try("sh", "-c", "for f in /sys/fs/cgroup/freezer/libpod_parent/*/freezer.state; do echo THAWED > $f; done");
        }

        long Counted(string state) =>
            Points("container_state").LastOrDefault(point => point.Tags["runtime"] == "podman" && point.Tags["state"] == state)?.Integer("containers") ?? -1;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Point Exit(string name) => Assert.Single(Exits(name));

    private IEnumerable<Point> Exits(string name) => Points("container_exit").Where(point => point.Container == name);

    private IEnumerable<Point> Points(string measurement) => AgentProgram.ReadFile(Metrics).Where(point => point.Measurement == measurement);
}
