namespace NsCollector.RuntimeTests.Podman;

/// <summary>A podman for each storage driver. To make one takes longer than to remove its containers.</summary>
public sealed class PodmanEngines : IDisposable
{
    private readonly Dictionary<string, PodmanEngine> _engines = [];

    /// <summary>The podman of a storage driver, without containers of earlier tests of any driver.</summary>
    /// <param name="driver">vfs or overlay.</param>
    public PodmanEngine Empty(string driver)
    {
        foreach (PodmanEngine engine in _engines.Values) engine.RemoveContainers();
        if (!_engines.TryGetValue(driver, out PodmanEngine? own)) _engines.Add(driver, own = new PodmanEngine(driver));
        return own;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PodmanEngine engine in _engines.Values) engine.Dispose();
    }
}
