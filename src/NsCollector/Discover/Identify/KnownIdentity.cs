using System.Collections.Immutable;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>
/// What a runtime says of a container. The strings are hostile: nothing here is escaped. Two are equal where they say the
/// same, whichever version of whichever file said so.
/// </summary>
/// <param name="Name">The name its user gave it; in Kubernetes the container's name in its pod, <see cref="Sandbox"/> for the pod's own. Null where nothing says.</param>
/// <param name="Image">The image's name; null where nothing says.</param>
/// <param name="Source">
/// The version of the file that said so, or that could not be understood; null where there is no file, which is looked
/// for again each time.
/// </param>
internal sealed record KnownIdentity(string? Name, string? Image, StateFileStamp? Source)
{
    /// <summary>What the kubelet has always called the container that holds a pod's namespaces, the pause container (pkg/kubelet/cm, PodInfraContainerName).</summary>
    internal const string Sandbox = "POD";

    /// <summary>Nothing says anything yet.</summary>
    internal static readonly KnownIdentity Nothing = new(null, null, null);

    /// <summary>The Kubernetes namespace; null outside Kubernetes.</summary>
    internal string? Namespace { get; init; }

    /// <summary>The Kubernetes pod's name; null outside Kubernetes.</summary>
    internal string? Pod { get; init; }

    /// <summary>The Kubernetes pod's uid; null outside Kubernetes, or where only the cgroup path tells.</summary>
    internal string? PodUid { get; init; }

    /// <summary>The labels that were selected, in the order of their keys, each key once.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Whether the image is one too many for a tag (identity.max_image_values). Filters still know it.</summary>
    internal bool ImageOverLimit { get; init; }

    /// <summary>The engine's answer that this was made of, to tell whether it gives another one now; null where a file said it.</summary>
    internal KnownIdentity? Answer { get; init; }

    /// <summary>Whether the other one says the same.</summary>
    public bool Equals(KnownIdentity? other) =>
        other is not null && Name == other.Name && Image == other.Image && Namespace == other.Namespace && Pod == other.Pod
        && PodUid == other.PodUid && ImageOverLimit == other.ImageOverLimit && ContainerIdentity.SameLabels(Labels, other.Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Image, Namespace, Pod, PodUid);

    /// <summary>Who the container is by this and by what its path says. Allocates nothing where that is what it was before.</summary>
    /// <param name="recognised">What its path says.</param>
    /// <param name="before">Who it was, which is returned itself where nothing of it has changed; null the first time.</param>
    internal ContainerIdentity Identify(in RecognisedContainer recognised, ContainerIdentity? before)
    {
        string? name = Name ?? recognised.Name;
        // The kubelet makes the path; whoever may label a container may write any uid there.
        string? podUid = recognised.PodUid ?? PodUid;
        return before is not null && before.Runtime == recognised.Runtime && before.Id == recognised.Id && before.Name == name && before.Image == Image
            && before.Namespace == Namespace && before.Pod == Pod && before.PodUid == podUid && before.ImageOverLimit == ImageOverLimit
            && ContainerIdentity.SameLabels(before.Labels, Labels)
            ? before
            : new ContainerIdentity(recognised.Runtime, recognised.Id, name, Image, Namespace, Pod, podUid, Labels) { ImageOverLimit = ImageOverLimit };
    }
}
