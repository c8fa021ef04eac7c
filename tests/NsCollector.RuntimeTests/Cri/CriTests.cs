
namespace NsCollector.RuntimeTests.Cri;

/// <summary>The base class of the tests on pods.</summary>
[Collection(CriCollection.Name)]
public abstract class CriTests(ContainerdEngine engine)
{
    private protected ContainerdEngine Engine => engine;

    /// <summary>The command of an idle container.</summary>
    private protected static string[] Idle => ["sleep", "1000"];

    /// <summary>Takes a sample of containerd's containers.</summary>
    private protected List<Point> Sample(params string[] settings) =>
        AgentProgram.Sample(["filter:include=containerd/*", .. settings]);

    /// <summary>The points of one container, found by its full id and then by its tags, which no other container has.</summary>
    private protected static List<Point> Of(List<Point> points, string id)
    {
        Point info = Assert.Single(points, point => point.Measurement == "container_info" && point.Text("container_id") == id);
        return [.. points.Where(point => new[] { "runtime", "namespace", "pod", "container", "id" }.All(tag => point.Tags.GetValueOrDefault(tag) == info.Tags.GetValueOrDefault(tag)))];
    }

    /// <summary>The only point of one measurement.</summary>
    private protected static Point Only(List<Point> points, string measurement) =>
        Assert.Single(points, point => point.Measurement == measurement);
}
