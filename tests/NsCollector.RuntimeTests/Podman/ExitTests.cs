using System.Diagnostics;

namespace NsCollector.RuntimeTests.Podman;

/// <summary>Exits of podman's containers.</summary>
public sealed class ExitTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    private string Metrics => Path.Combine(_directory, "metrics.lp");

    [PodmanFact]
    public void Exit_is_reported_once_with_name_and_podmans_exit_status()
    {
        using var podman = new PodmanEngine("vfs");
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

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Point Exit(string name) => Assert.Single(Exits(name));

    private IEnumerable<Point> Exits(string name) => Points("container_exit").Where(point => point.Container == name);

    private IEnumerable<Point> Points(string measurement) => AgentProgram.ReadFile(Metrics).Where(point => point.Measurement == measurement);
}
