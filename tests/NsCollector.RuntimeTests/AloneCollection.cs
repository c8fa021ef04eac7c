namespace NsCollector.RuntimeTests;

/// <summary>Tests that need an idle machine, or one without the containers of other tests. They run one after the other, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "alone";
}
