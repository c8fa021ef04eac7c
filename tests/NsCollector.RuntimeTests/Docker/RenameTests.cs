
namespace NsCollector.RuntimeTests.Docker;

/// <summary>Renames while the agent runs. Docker's events report them; the agent does not read its files again for a minute.</summary>
public sealed class RenameTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Rename_shows_in_the_next_cycle_and_in_the_exit_point()
    {
        using var agent = new RunningAgent(["filter:include=docker/*", "agent:interval=500ms", .. Engine.Settings]);
        using DockerContainer container = Engine.Start("renamed-before", ["--label", "team=a"], "exec sleep 1000");
        Await("renamed-before");
        Engine.Docker("rename", "renamed-before", "renamed-after");
        Await("renamed-after");
        Assert.Equal("/renamed-after", container.Inspect().GetProperty("Name").GetString());
        long renamed = Infos("renamed-after").First().TimestampNs;

        Engine.Docker("kill", container.Id);
        Eventually.True(() => Exits().Any(), "its end", () => agent.Log);
        Assert.Equal("renamed-after", Assert.Single(Exits()).Container);
        Assert.DoesNotContain(Infos("renamed-before"), info => info.TimestampNs > renamed);

        void Await(string name) => Eventually.True(() => Infos(name).Any(), $"points of {name}", () => agent.Log);
        IEnumerable<Point> Infos(string name) => agent.Points.Where(point => point.Measurement == "container_info" && point.Container == name);
        IEnumerable<Point> Exits() => agent.Points.Where(point => point.Measurement == "container_exit" && point.Text("container_id") == container.Id);
    }
}
