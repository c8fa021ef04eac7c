using System.Buffers;
using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>
/// What a container is called. All strings are hostile: nothing is escaped yet. Two are equal if all values are, including
/// each label.
/// </summary>
/// <param name="Runtime">The runtime that created it.</param>
/// <param name="Id">The whole id: 64 hexadecimal digits of an OCI runtime, the name for LXC and nspawn, the cgroup path else.</param>
/// <param name="Name">The container's name; null if unknown.</param>
/// <param name="Image">The image's name; null if unknown.</param>
/// <param name="Namespace">The Kubernetes namespace; null outside Kubernetes or if unknown.</param>
/// <param name="Pod">The Kubernetes pod's name; null outside Kubernetes or if unknown.</param>
/// <param name="PodUid">The Kubernetes pod's uid, from the cgroup path, else from what its runtime says; null outside Kubernetes.</param>
/// <param name="Labels">Selected labels, in the order of their keys.</param>
internal sealed record ContainerIdentity(
    ContainerRuntime Runtime,
    string Id,
    string? Name = null,
    string? Image = null,
    string? Namespace = null,
    string? Pod = null,
    string? PodUid = null,
    ImmutableArray<KeyValuePair<string, string>> Labels = default)
{
    /// <summary>The first 12 characters of an id of 64 hexadecimal digits, as docker ps shows it; any other id in full.</summary>
    public string ShortId => HasHexadecimalId ? Id[..12] : Id;

    /// <summary>Whether the id has 64 hexadecimal digits, as those of OCI runtimes have.</summary>
    internal bool HasHexadecimalId => Id.Length == 64 && !Id.AsSpan().ContainsAnyExcept(HexadecimalDigits);

    private static readonly SearchValues<char> HexadecimalDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether the image exceeds identity.max_image_values, so that it has no tag. Filters still use it.</summary>
    public bool ImageOverLimit { get; init; }

    /// <summary>Selected environment variables, in the order of their names.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What an orchestrator calls the container, by the names of the tags: <c>compose_project</c>, <c>compose_service</c>, <c>swarm_service</c>, <c>owner</c>.</summary>
    public ImmutableArray<KeyValuePair<string, string>> OrchestratorTags { get; init; } = [];

    /// <summary>The value of the tag <c>container</c>: the name, or the short id if no name is known.</summary>
    public string DisplayName => string.IsNullOrEmpty(Name) ? ShortId : Name;

    /// <inheritdoc/>
    public bool Equals(ContainerIdentity? other) =>
        other is not null && Runtime == other.Runtime && Id == other.Id && Name == other.Name && Image == other.Image && Namespace == other.Namespace
        && Pod == other.Pod && PodUid == other.PodUid && ImageOverLimit == other.ImageOverLimit && SameLabels(Labels, other.Labels)
        && SameLabels(Environment, other.Environment) && SameLabels(OrchestratorTags, other.OrchestratorTags);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Runtime, Id, Name, Image, Namespace, Pod);

    /// <summary>Whether two lists have the same labels in the same order; default and empty are equal. Allocates nothing.</summary>
    internal static bool SameLabels(ImmutableArray<KeyValuePair<string, string>> some, ImmutableArray<KeyValuePair<string, string>> others)
    {
        int count = some.IsDefault ? 0 : some.Length;
        if (count != (others.IsDefault ? 0 : others.Length)) return false;
        for (int i = 0; i < count; i++)
        {
            if (some[i].Key != others[i].Key || some[i].Value != others[i].Value) return false;
        }

        return true;
    }
}
