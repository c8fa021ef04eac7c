namespace NsCollector.LinuxTests.Fixtures;

/// <summary>
/// Tests that examine this process's threads and descriptors, or create many namespaces. They run alone, one at a time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NamespaceTests
{
    public const string Name = "Namespaces";
}
