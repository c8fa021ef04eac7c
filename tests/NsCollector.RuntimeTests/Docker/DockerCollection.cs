namespace NsCollector.RuntimeTests.Docker;

/// <summary>One daemon for the tests that need it and are not in another collection.</summary>
[CollectionDefinition(Name)]
public sealed class DockerCollection : ICollectionFixture<DockerEngine>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "Docker";
}
