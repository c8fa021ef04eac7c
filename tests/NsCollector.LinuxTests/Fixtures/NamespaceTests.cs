namespace NsCollector.LinuxTests.Fixtures;

/// <summary>
/// Tests that look at this process's own threads and descriptors, or make namespaces by the dozen: one at a time, with
/// nothing beside them.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NamespaceTests
{
    public const string Name = "Namespaces";
}
