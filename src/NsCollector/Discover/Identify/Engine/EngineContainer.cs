using System.Collections.Immutable;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>What a daemon told of a container. The strings are hostile: nothing here is escaped.</summary>
/// <param name="Id">Its whole id.</param>
/// <param name="Name">The name its user gave it, without Docker's slash in front; null where it has none.</param>
/// <param name="Image">The image as its user named it; null where the daemon only knows the image's digest.</param>
/// <param name="Labels">Those that were asked for, ordered by key.</param>
internal sealed record EngineContainer(string Id, string? Name, string? Image, ImmutableArray<KeyValuePair<string, string>> Labels)
{
    /// <summary>Whether both say the same, labels included.</summary>
    internal bool Says(EngineContainer other) =>
        Id == other.Id && Name == other.Name && Image == other.Image && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());
}
