namespace NsCollector.RuntimeTests.Cri;

/// <summary>One containerd for all tests that need pods.</summary>
[CollectionDefinition(Name)]
public sealed class CriCollection : ICollectionFixture<ContainerdEngine>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "CRI";
}
