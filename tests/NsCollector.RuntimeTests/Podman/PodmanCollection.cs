namespace NsCollector.RuntimeTests.Podman;

/// <summary>One podman of each driver for all tests that sample all containers of podman, or use the address of <see cref="PodmanContainer"/>.</summary>
[CollectionDefinition(Name)]
public sealed class PodmanCollection : ICollectionFixture<PodmanEngines>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "podman";
}
