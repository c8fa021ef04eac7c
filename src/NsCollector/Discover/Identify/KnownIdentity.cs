using System.Collections.Immutable;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>
/// What a runtime says of a container. The strings are hostile: nothing is escaped yet. Two are equal if they say the same,
/// whatever their sources.
/// </summary>
/// <param name="Name">The container's name; in Kubernetes its name in the pod, or <see cref="Sandbox"/>. Null if unknown.</param>
/// <param name="Image">The image's name; null if unknown.</param>
/// <param name="Source">
/// The version of the file that was read, or could not be parsed; null if there is no file, which is looked for again
/// each time.
/// </param>
internal sealed record KnownIdentity(string? Name, string? Image, StateFileStamp? Source)
{
    /// <summary>The kubelet's name of the pause container, which holds a pod's namespaces (pkg/kubelet/cm, PodInfraContainerName).</summary>
    internal const string Sandbox = "POD";

    /// <summary>Nothing is known yet.</summary>
    internal static readonly KnownIdentity Nothing = new(null, null, null);

    /// <summary>The Kubernetes namespace; null outside Kubernetes.</summary>
    internal string? Namespace { get; init; }

    /// <summary>The Kubernetes pod's name; null outside Kubernetes.</summary>
    internal string? Pod { get; init; }

    /// <summary>The Kubernetes pod's uid; null outside Kubernetes, or if only the cgroup path has it.</summary>
    internal string? PodUid { get; init; }

    /// <summary>The selected labels, ordered by key, each key once.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>The selected environment variables, ordered by name, each name once.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What an orchestrator calls the container (<see cref="Identify.OrchestratorTags"/>), by the names of the tags.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> OrchestratorTags { get; init; } = [];

    /// <summary>The id of its pod's sandbox, whose state has the pod's labels; null if unknown. Not compared.</summary>
    internal string? SandboxId { get; init; }

    /// <summary>The labels of its pod that name the pod's owner, if the container's own state does not have them. Not compared.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> PodLabels { get; init; } = [];

    /// <summary>Whether the image exceeds identity.max_image_values, so that it has no tag. Filters still use it.</summary>
    internal bool ImageOverLimit { get; init; }

    /// <summary>Restart count and health in the state file; null if it has neither. Like the next four members, not compared.</summary>
    internal RuntimeState? State { get; init; }

    /// <summary>
    /// Time until which its health is valid, in nanoseconds since the epoch: by then, the next check must have been written. Docker
    /// 20.10 writes each result to the file, 26.1 does not (moby daemon/health.go, handleProbeResult).
    /// </summary>
    internal long HealthUntilNs { get; init; }

    /// <summary>Whether the state file is about to change: the runtime has not written the start yet, or no check has succeeded.</summary>
    internal bool IsStarting { get; init; }

    /// <summary>The health that a daemon reports; null if none does.</summary>
    internal EngineHealth? Told { get; init; }

    /// <summary>The daemon's answer that this was made from, to notice a new one; null if it came from a file.</summary>
    internal KnownIdentity? Answer { get; init; }

    /// <summary>Compares all values but the source.</summary>
    public bool Equals(KnownIdentity? other) =>
        other is not null && Name == other.Name && Image == other.Image && Namespace == other.Namespace && Pod == other.Pod
        && PodUid == other.PodUid && ImageOverLimit == other.ImageOverLimit && ContainerIdentity.SameLabels(Labels, other.Labels)
        && ContainerIdentity.SameLabels(Environment, other.Environment) && ContainerIdentity.SameLabels(OrchestratorTags, other.OrchestratorTags);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Image, Namespace, Pod, PodUid);

    /// <summary>The runtime's state at a time. Returns the same object as before if nothing has changed.</summary>
    /// <param name="realtimeNs">The time, in nanoseconds since the epoch.</param>
    /// <param name="before">The previous state.</param>
    internal RuntimeState? StateAt(long realtimeNs, RuntimeState? before)
    {
        RuntimeState? now = State;
        if (Told is { } told)
        {
            now ??= new RuntimeState(null);
            now = now with { HasHealthCheck = true, Health = told.Status, HealthyAtNs = told.HealthyAtNs is > 0 and { } atNs ? atNs : now.HealthyAtNs };
        }
        else if (now is { Health: not HealthStatus.None } && realtimeNs > HealthUntilNs)
        {
            now = now with { Health = HealthStatus.None };
        }

        return now == before ? before : now;
    }

    /// <summary>Combines this with what the path says. Allocates nothing if the result is the same as before.</summary>
    /// <param name="recognised">What its path says.</param>
    /// <param name="before">The identity so far, returned itself if nothing has changed; null the first time.</param>
    internal ContainerIdentity Identify(in RecognisedContainer recognised, ContainerIdentity? before)
    {
        string? name = Name ?? recognised.Name;
        // The kubelet creates the path, but anybody who may set labels can choose the uid there.
        string? podUid = recognised.PodUid ?? PodUid;
        return before is not null && before.Runtime == recognised.Runtime && before.Id == recognised.Id && before.Name == name && before.Image == Image
            && before.Namespace == Namespace && before.Pod == Pod && before.PodUid == podUid && before.ImageOverLimit == ImageOverLimit
            && ContainerIdentity.SameLabels(before.Labels, Labels) && ContainerIdentity.SameLabels(before.Environment, Environment)
            && ContainerIdentity.SameLabels(before.OrchestratorTags, OrchestratorTags)
            ? before
            : new ContainerIdentity(recognised.Runtime, recognised.Id, name, Image, Namespace, Pod, podUid, Labels)
            {
                ImageOverLimit = ImageOverLimit, Environment = Environment, OrchestratorTags = OrchestratorTags,
            };
    }
}
