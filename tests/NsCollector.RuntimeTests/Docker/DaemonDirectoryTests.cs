namespace NsCollector.RuntimeTests.Docker;

/// <summary>Names of containers whose dockerd keeps its state elsewhere than in /var/lib/docker, without the Engine API and without discovery.docker_roots.</summary>
[Collection(DockerCollection.Name)]
public sealed class DaemonDirectoryTests
{
    private static readonly string[] WithoutApi = ["discovery:docker_sockets="];

    [DockerFact]
    public void Data_root_of_the_command_line_has_names()
    {
        using OwnDaemon daemon = new("{}", "--data-root", "DIRECTORY/elsewhere");
        AssertNamed(daemon);
    }

    [DockerFact]
    public void Data_root_of_daemon_json_has_names()
    {
        using OwnDaemon daemon = new("""{ "debug": false, "data-root": "DIRECTORY/of/json/" }""");
        AssertNamed(daemon);
    }

    [DockerFact]
    public void Remapped_data_root_of_a_daemon_has_names()
    {
        using OwnDaemon daemon = new("""{ "userns-remap": "daemon" }""", "--data-root=DIRECTORY/data");
        Assert.True(Directory.Exists(daemon[$"data/200000.200000/containers/{daemon.Id}"]));
        AssertNamed(daemon);
    }

    [DockerFact]
    public void Remapped_data_root_below_a_configured_one_has_names()
    {
        using OwnDaemon daemon = new("{}", "--userns-remap=daemon", "--data-root=DIRECTORY/data");
        AssertNamed(daemon, "discovery:docker_roots=" + daemon["data"]);
    }

    [DockerFact]
    public void Names_come_while_the_agent_runs_if_the_daemon_starts_later()
    {
        using RunningAgent agent = new([.. WithoutApi, "agent:interval=200ms", "discovery:interval=200ms"]);
        using OwnDaemon daemon = new("{}", "--data-root=DIRECTORY/later");
        Eventually.True(() => agent.Of("container_info", daemon.Id).Any(IsNamed), "the container has its name", () => agent.Log);
    }

    private static void AssertNamed(OwnDaemon daemon, params string[] settings)
    {
        Point info = Assert.Single(AgentProgram.Sample([.. WithoutApi, .. settings]), point => point.Measurement == "container_info" && point.Text("container_id") == daemon.Id);
        Assert.True(IsNamed(info), $"{info.Container}");
    }

    private static bool IsNamed(Point info) => info.Container == OwnDaemon.Name && info.Tags.GetValueOrDefault("image") == OwnDaemon.Image;
}
