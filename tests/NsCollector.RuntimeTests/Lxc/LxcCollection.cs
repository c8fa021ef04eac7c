namespace NsCollector.RuntimeTests.Lxc;

/// <summary>Tests that count all containers of LXC, or use the address of <see cref="LxcContainer"/>.</summary>
[CollectionDefinition(Name)]
public sealed class LxcCollection
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "LXC";
}
