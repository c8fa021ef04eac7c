
namespace NsCollector.GuestTests.Values;

/// <summary>What is told of the ends of containers.</summary>
internal static class ContainerEnd
{
    /// <summary>The end of a container, which is told once.</summary>
    public static Point Await(InstalledAgent agent, string runtime, string name, string id)
    {
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "container_exit" && point.Text("container_id") == id), $"the end of {name} of {runtime}", () => agent.Log);
        Point exit = Assert.Single(agent.Points, point => point.Measurement == "container_exit" && point.Text("container_id") == id);
        Assert.Equal((runtime, name), (exit.Tags["runtime"], exit.Container));
        return exit;
    }

    /// <summary>
    /// Ends containers until an end is final. systemd removes a unit's cgroup milliseconds after its last process; an emulated
    /// processor may not have come to read it by then, and the agent says so.
    /// </summary>
    /// <param name="end">Starts a container that ends, and waits for the point.</param>
    /// <param name="withNetwork">Whether its network must be final too, which goes even sooner.</param>
    public static Point FirstFinal(Func<Point> end, bool withNetwork = false)
    {
        Point exit = end();
        for (int tries = 1; tries < 4 && !IsFinal(exit); tries++)
            exit = end();
        Assert.True(IsFinal(exit), $"none of four ends was final: {string.Join(", ", exit.Fields.Select(field => $"{field.Key}={field.Value}"))}");
        return exit;

        bool IsFinal(Point point) => point.Boolean("final") && (!withNetwork || (point.Has("network_final") && point.Boolean("network_final")));
    }
}
