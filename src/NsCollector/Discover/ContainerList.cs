using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>The set of live containers at one moment. Immutable; replaced as a whole.</summary>
/// <param name="Generation">Grows with every published change. Sample acknowledges the one it works with.</param>
/// <param name="Containers">In the order of <see cref="Container.Key"/>.</param>
internal sealed record ContainerList(long Generation, ImmutableArray<Container> Containers)
{
    /// <summary>Removes the entries of containers that are not in this list. Allocates only if there may be some.</summary>
    /// <param name="byKey">By <see cref="Container.Key"/>; it has an entry for each container of this list.</param>
    internal void RemoveUnlisted<T>(Dictionary<long, T> byKey)
    {
        if (byKey.Count == Containers.Length) return;
        HashSet<long> listed = [.. Containers.Select(container => container.Key)];
        foreach (long key in byKey.Keys.ToArray())
        {
            if (!listed.Contains(key)) byKey.Remove(key);
        }
    }

    /// <summary>Before the first walk.</summary>
    public static ContainerList Empty { get; } = new(0, []);
}
