using System.Collections.Immutable;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Tags that name what an orchestrator runs: the project and the service of Compose, the service of Swarm, and the owner of a pod. Each is
/// made from labels that the orchestrator sets; without them it is absent.
/// </summary>
internal static class OrchestratorTags
{
    /// <summary>The tag with the project of Compose.</summary>
    internal const string ComposeProject = "compose_project";

    /// <summary>The tag with the service of Compose.</summary>
    internal const string ComposeService = "compose_service";

    /// <summary>The tag with the service of Swarm.</summary>
    internal const string SwarmService = "swarm_service";

    /// <summary>The tag with the owner of the pod, as KIND/NAME.</summary>
    internal const string Owner = "owner";

    // The first label that a container has gives the tag. podman-compose sets both names of the project.
    private static readonly (string Label, string Tag)[] Labels =
    [
        ("com.docker.compose.project", ComposeProject),
        ("io.podman.compose.project", ComposeProject),
        ("com.docker.compose.service", ComposeService),
        ("com.docker.swarm.service.name", SwarmService),
    ];

    /// <summary>Whether a tag is made from the label.</summary>
    internal static bool Needs(string key) => Array.Exists(Labels, known => known.Label == key) || PodOwner.Needs(key);

    /// <summary>The tags of a container: those of Compose, then of Swarm, then the owner.</summary>
    /// <param name="labels">Its labels.</param>
    /// <param name="podLabels">The labels of its pod, if its own do not include them.</param>
    /// <param name="pod">The name of its pod; null outside Kubernetes.</param>
    internal static ImmutableArray<KeyValuePair<string, string>> Of(
        ImmutableArray<KeyValuePair<string, string>> labels, ImmutableArray<KeyValuePair<string, string>> podLabels, string? pod)
    {
        if (labels.IsEmpty && podLabels.IsEmpty) return [];
        var tags = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach ((string label, string tag) in Labels)
        {
            bool isKnown = tags.Count > 0 && tags[^1].Key == tag;
            if (!isKnown && ValueOf(labels, label) is { } value) tags.Add(new(tag, value));
        }

        string? owner = pod is null ? null : PodOwner.Find(pod, key => ValueOf(labels, key) ?? ValueOf(podLabels, key));
        if (owner is not null) tags.Add(new(Owner, owner));
        return tags.ToImmutable();
    }

    private static string? ValueOf(ImmutableArray<KeyValuePair<string, string>> labels, string key)
    {
        foreach ((string known, string value) in labels)
        {
            if (known == key) return value;
        }

        return null;
    }
}
