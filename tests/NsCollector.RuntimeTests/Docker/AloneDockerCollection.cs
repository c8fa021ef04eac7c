namespace NsCollector.RuntimeTests.Docker;

/// <summary>Like <see cref="AloneCollection"/>, for tests that need a Docker daemon too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneDockerCollection : ICollectionFixture<DockerEngine>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "Docker, alone";
}
