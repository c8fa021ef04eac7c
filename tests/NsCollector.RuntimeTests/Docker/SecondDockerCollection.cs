namespace NsCollector.RuntimeTests.Docker;

/// <summary>One daemon for about half of the tests that need one.</summary>
[CollectionDefinition(Name)]
public sealed class SecondDockerCollection : ICollectionFixture<SecondDockerEngine>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "Docker, second";
}
