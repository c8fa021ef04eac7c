using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Adds what discovery and the kernel know to the details of a running container. Used by one thread at a time.</summary>
/// <param name="roots">Where the host's procfs is.</param>
internal sealed class LiveDetails(HostRoots roots)
{
    /// <summary>The label with the runtime, which containers of Docker do not have: their labels are Docker's.</summary>
    internal const string RuntimeLabel = "nscollector.runtime";

    // A difference of at least this means that the wall clock was set.
    private const long ClockSetNs = 1_000_000_000;

    private const int MaxCommBytes = 64;

    private Dictionary<long, (ProcessDirectory Init, string? Name)> _programs = [];
    private Dictionary<long, (ProcessDirectory Init, string? Name)> _next = [];
    private long _bootNs;

    /// <summary>Begins a new list.</summary>
    internal void Begin()
    {
        long bootNs = Libc.ClockGettime(Libc.CLOCK_REALTIME) - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);

        // Otherwise times would differ by microseconds from one answer to the next.
        if (Math.Abs(bootNs - _bootNs) > ClockSetNs) _bootNs = bootNs;
        (_programs, _next) = (_next, _programs);
        _next.Clear();
    }

    /// <summary>The details of a running container.</summary>
    /// <param name="live">What discovery and the last cycle say.</param>
    /// <param name="known">What its runtime's files say.</param>
    internal ContainerDetails Of(in LiveContainer live, ContainerDetails known)
    {
        Container container = live.Container;
        ContainerIdentity identity = container.Identity;
        long startedNs = known.StartedNs != 0 ? known.StartedNs : container.StartedBoottimeNs is { } boottimeNs ? _bootNs + boottimeNs : 0;
        return known with
        {
            Name = known.Name ?? NameOf(identity, known.RestartCount ?? container.State?.RestartCount),
            State = StateOf(live.State, known),
            Image = known.Image ?? identity.Image,
            Path = known.Path ?? ProgramOf(container),
            StartedNs = startedNs,
            CreatedNs = known.CreatedNs != 0 ? known.CreatedNs : container.Birth?.RealtimeNs ?? startedNs,
            Pid = known.Pid != 0 ? known.Pid : container.Init?.Pid ?? 0,
            Health = HealthOf(container.State) ?? known.Health,
            RestartCount = known.RestartCount ?? container.State?.RestartCount,
            Labels = identity.Runtime == ContainerRuntime.Docker && known.CreatedNs != 0 ? known.Labels : LabelsOf(identity, known),
        };
    }

    /// <summary>The labels of a container of another runtime than Docker.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> LabelsOf(ContainerIdentity identity, ContainerDetails known)
    {
        var labels = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in known.Labels) labels[key] = value;
        foreach ((string key, string value) in identity.Labels.IsDefault ? [] : identity.Labels) labels.TryAdd(key, value);
        if (identity.Pod is { } pod)
        {
            // As the kubelet's dockershim labelled its containers.
            labels.TryAdd("io.kubernetes.pod.name", pod);
            if (identity.Namespace is { } name) labels.TryAdd("io.kubernetes.pod.namespace", name);
            if (identity.Name is { } own) labels.TryAdd("io.kubernetes.container.name", own);
        }

        if (identity.PodUid is { } uid) labels.TryAdd("io.kubernetes.pod.uid", uid);
        if (identity.Runtime != ContainerRuntime.Docker) labels[RuntimeLabel] = InventoryNames.Word(identity.Runtime);
        return [.. labels];
    }

    /// <summary>The name of a container. In a pod, it is the name that the kubelet's dockershim gave, which cAdvisor and other clients know.</summary>
    /// <param name="identity">What discovery knows.</param>
    /// <param name="restarts">How often it was restarted; null if that is not known.</param>
    internal static string NameOf(ContainerIdentity identity, long? restarts) =>
        identity is { Pod: { } pod, Namespace: { } space, PodUid: { } uid }
            ? FormattableString.Invariant($"k8s_{identity.Name ?? "POD"}_{pod}_{space}_{uid}_{restarts ?? 0}")
            : identity.DisplayName;

    // Docker's file may be older than the last cycle, but it has more states, such as restarting.
    private static RunState StateOf(ContainerState state, ContainerDetails known) => state switch
    {
        ContainerState.Paused => RunState.Paused,
        ContainerState.Empty => known.State is RunState.Unknown ? RunState.Empty : known.State is RunState.Running or RunState.Paused ? RunState.Exited : known.State,
        _ => known.State is RunState.Paused or RunState.Restarting ? known.State : RunState.Running,
    };

    private static string? HealthOf(RuntimeState? state) => state switch
    {
        { HasHealthCheck: true, Health: HealthStatus.Starting } => "starting",
        { HasHealthCheck: true, Health: HealthStatus.Healthy } => "healthy",
        { HasHealthCheck: true, Health: HealthStatus.Unhealthy } => "unhealthy",
        _ => null,
    };

    // Not the command line: a hostile process can block the readers of its memory.
    private string? ProgramOf(Container container)
    {
        if (container.Init is not { } init) return null;
        if (!_programs.TryGetValue(container.Key, out var known) || !ReferenceEquals(known.Init, init)) known = (init, ReadComm(init.Pid));
        _next[container.Key] = known;
        return known.Name;
    }

    private string? ReadComm(int pid)
    {
        Span<byte> bytes = stackalloc byte[MaxCommBytes];
        byte[] path = System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{roots.Proc}/{pid}/comm\0"));
        int descriptor = Libc.Openat(Libc.AT_FDCWD, path, Libc.O_RDONLY);
        if (descriptor < 0) return null;
        int length = Libc.PreadFully(descriptor, bytes);
        Libc.Close(descriptor);
        return length <= 0 ? null : System.Text.Encoding.UTF8.GetString(bytes[..length]).TrimEnd('\n');
    }
}
