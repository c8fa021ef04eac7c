using System.Collections.Immutable;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>What a daemon reported of a container. The strings are hostile: nothing is escaped yet.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Name">Its name without Docker's leading slash; null if it has none.</param>
/// <param name="Image">The image as its user named it; null if the daemon only knows the image's digest.</param>
/// <param name="Labels">The wanted labels, ordered by key.</param>
internal sealed record EngineContainer(string Id, string? Name, string? Image, ImmutableArray<KeyValuePair<string, string>> Labels)
{
    /// <summary>The result of its health checks; null if it was not reported.</summary>
    internal HealthStatus? Health { get; init; }

    /// <summary>The time of that result, in nanoseconds since the epoch, if an event reported it; else 0.</summary>
    internal long HealthTimeNs { get; init; }

    /// <summary>When it first became healthy in this life, in nanoseconds since the epoch; 0 if that is not known; null if it never was.</summary>
    internal long? HealthyAtNs { get; init; }

    /// <summary>Compares all values; the record's own equality would compare the arrays of labels by reference.</summary>
    internal bool HasSameContent(EngineContainer other) =>
        Id == other.Id && Name == other.Name && Image == other.Image && Health == other.Health && HealthyAtNs == other.HealthyAtNs && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());
}
