
namespace NsCollector.GuestTests.Values;

/// <summary>Finds the exits of containers.</summary>
internal static class ContainerExit
{
    /// <summary>Waits for the exit of a container, and checks that it is reported once.</summary>
    public static Point Await(InstalledAgent agent, string runtime, string name, string id)
    {
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "container_exit" && point.Text("container_id") == id), $"the exit of {name} of {runtime}", () => agent.Log);
        Point exit = Assert.Single(agent.Points, point => point.Measurement == "container_exit" && point.Text("container_id") == id);
        Assert.Equal((runtime, name), (exit.Tags["runtime"], exit.Container));
        return exit;
    }

    /// <summary>
    /// Repeats an exit until it is final. systemd removes a unit's cgroup milliseconds after its last process exits. In emulation the agent
    /// may be too late to read it, and then says so.
    /// </summary>
    /// <param name="end">Starts a container that exits, and waits for the point.</param>
    /// <param name="withNetwork">Whether its network counters must be final too; they disappear even sooner.</param>
    public static Point FirstFinal(Func<Point> end, bool withNetwork = false)
    {
        Point exit = end();
        for (int tries = 1; tries < 4 && !IsFinal(exit); tries++)
            exit = end();
        Assert.True(IsFinal(exit), $"none of four exits was final: {string.Join(", ", exit.Fields.Select(field => $"{field.Key}={field.Value}"))}");
        return exit;

        bool IsFinal(Point point) => point.Boolean("final") && (!withNetwork || (point.Has("network_final") && point.Boolean("network_final")));
    }
}
