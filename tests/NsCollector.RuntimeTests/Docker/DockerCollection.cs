namespace NsCollector.RuntimeTests.Docker;

/// <summary>One daemon for all tests that need it.</summary>
[CollectionDefinition(Name)]
public sealed class DockerCollection : ICollectionFixture<DockerEngine>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "Docker";
}
