
namespace NsCollector.RuntimeTests.Docker;

/// <summary>The base class of the tests on Docker containers.</summary>
[Collection(DockerCollection.Name)]
public abstract class DockerTests(DockerEngine engine)
{
    private protected DockerEngine Engine => engine;

    /// <summary>Takes a sample of this daemon's containers.</summary>
    private protected List<Point> Sample(params string[] settings) =>
        AgentProgram.Sample([$"discovery:docker_roots={engine.DataRoot}", .. settings]);

    /// <summary>The points of one container in a sample of all.</summary>
    private protected List<Point> SampleOf(string name, params string[] settings) => DockerContainer.Of(Sample(settings), name);

    /// <summary>The only point of one measurement.</summary>
    private protected static Point Only(List<Point> points, string measurement)
    {
        Point[] found = [.. points.Where(point => point.Measurement == measurement)];
        Assert.True(found.Length == 1, $"{found.Length} points of {measurement} instead of 1: {string.Join(", ", points.Select(point => point.Measurement))}");
        return found[0];
    }
}
