using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>The set of live containers at one moment. Immutable; replaced as a whole.</summary>
/// <param name="Generation">Grows with every published change. Sample acknowledges the one it works with.</param>
/// <param name="Containers">In the order of <see cref="Container.Key"/>.</param>
internal sealed record ContainerList(long Generation, ImmutableArray<Container> Containers)
{
    /// <summary>Before the first walk.</summary>
    public static ContainerList Empty { get; } = new(0, []);
}
