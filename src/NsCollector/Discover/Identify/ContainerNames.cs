using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Finds the identity of containers in the state files of their runtimes (<see cref="RuntimeTable"/>). Used by one
/// thread of its own, because disks may be slow and neither births nor sampling may wait for them. Never throws.
/// </summary>
/// <remarks>
/// The cgroup path alone shows the runtime, and so the resolver. The state of the host's runtimes says nothing about a
/// container inside another one (<see cref="Inside.NamesInside"/> resolves those). A file that cannot be parsed gives no names. It counts once as
/// <see cref="AgentCounter.IdentityErrors"/> until its content changes, even if many containers are in it. Neither such a file
/// nor a missing one removes a known name: an id is never used twice.
/// </remarks>
internal sealed class ContainerNames
{
    /// <summary>The shortest time between two scans for daemons, in milliseconds, however many containers have no name.</summary>
    private const long MinScanIntervalMs = 10_000;

    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly IdentityOptions _options;
    private readonly LabelSelection _selection;
    private readonly TagGuard _guard;
    private readonly ImageLimit _images;
    private readonly HostDaemons _daemons;
    private readonly long _scanIntervalMs;
    private long _scannedAtMs = Environment.TickCount64;
    private readonly INameResolver?[] _resolvers = new INameResolver?[Enum.GetValues<ContainerRuntime>().Length];

    /// <summary>Creates the resolvers and scans for the host's daemons. No state file is read yet.</summary>
    /// <param name="options">Where the runtimes keep their files, how large one may be, and which labels become tags.</param>
    /// <param name="roots">Where the host's procfs and /run are.</param>
    /// <param name="counters">Counts files that could not be parsed, and labels and images over their limits.</param>
    /// <param name="logger">Receives warnings about them.</param>
    /// <param name="homeOf">Finds the home directory of a uid; null: getpwuid(3).</param>
    /// <param name="engineOf">Finds the daemons of a runtime; null: none is used.</param>
    internal ContainerNames(
        DiscoverOptions options, HostRoots roots, AgentCounters counters, ILogger logger, Func<uint, string?>? homeOf = null,
        Func<ContainerRuntime, IEngineNames?>? engineOf = null)
    {
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _options = options.Identity;
        _guard = new TagGuard(_options);
        _images = new ImageLimit(_guard, _options, counters, _log);
        _selection = new LabelSelection(_options);
        var files = new StateFiles(options.MaxStateFileBytes, _selection, counters, _log);
        _daemons = new HostDaemons(roots, counters, _log);
        _scanIntervalMs = Math.Max(MinScanIntervalMs, (long)options.Interval.TotalMilliseconds);
        _daemons.Scan();
        foreach ((ContainerRuntime runtime, RuntimeSupport support) in RuntimeTable.Rows)
        {
            var engine = new EngineAnswers(engineOf?.Invoke(runtime), _selection);
            _resolvers[(int)runtime] = support.Resolver?.Invoke(new ResolverContext(options, roots, _daemons, files, engine, counters, _log, homeOf));
        }

        RefreshDirectories();
    }

    /// <summary>The host's daemons. Any thread may read the directories that were found.</summary>
    internal HostDaemons Daemons => _daemons;

    /// <summary>What is known of a container's identity.</summary>
    /// <param name="recognised">What its cgroup path says.</param>
    /// <param name="cgroupPath">That path.</param>
    /// <param name="previous">The last answer for this container. If nothing has changed it is returned itself, after a few statx(2) and without allocating.</param>
    /// <param name="isYoung">Whether the container was created so recently that its daemon may have started with it. If it has no name, daemons are scanned for earlier.</param>
    /// <returns>A different object, equal to the previous one, if a file has changed but not what it says of this container.</returns>
    internal KnownIdentity Resolve(RecognisedContainer recognised, string cgroupPath, KnownIdentity? previous, bool isYoung = false)
    {
        // What runs inside a container could otherwise take the name of any container of the host by its id.
        if (recognised.Within is not null) return previous ?? KnownIdentity.Nothing;
        INameResolver? resolver = _resolvers[(int)recognised.Runtime];
        ScanIfDue(_scanIntervalMs);
        KnownIdentity? found = resolver?.Resolve(recognised, cgroupPath, previous);

        // Its daemon may have started a moment ago.
        if (isYoung && resolver is not null && (found ?? previous)?.Name is null && recognised.Name is null && ScanIfDue(MinScanIntervalMs))
            found = resolver.Resolve(recognised, cgroupPath, previous);
        if (found is null) return previous ?? KnownIdentity.Nothing;
        return ReferenceEquals(found, previous) ? previous : ApplyLimits(found, previous);
    }

    /// <summary>Creates the censuses of the runtimes that keep state files of stopped containers.</summary>
    internal ImmutableArray<IRuntimeCensus> CreateCensuses(CensusContext context) =>
        [.. _resolvers.Select(resolver => resolver?.CreateCensus(context)).OfType<IRuntimeCensus>()];

    /// <summary>Whether the state of a runtime has a container with this id. Allocates nothing; any thread may ask.</summary>
    internal bool HasState(ContainerRuntime runtime, string id) => _resolvers[(int)runtime]?.HasState(id) ?? false;

    private bool ScanIfDue(long intervalMs)
    {
        long nowMs = Environment.TickCount64;
        if (nowMs - _scannedAtMs < intervalMs) return false;
        _scannedAtMs = nowMs;
        _daemons.Scan();
        RefreshDirectories();
        return true;
    }

    // HasState uses what was found. It may be asked although no container of the runtime is ever resolved: all those of
    // cri-dockerd are containerd's until Docker has state of them.
    private void RefreshDirectories()
    {
        foreach (INameResolver? resolver in _resolvers) resolver?.RefreshDirectories();
    }

    private KnownIdentity ApplyLimits(KnownIdentity found, KnownIdentity? previous)
    {
        found = _images.Apply(found, previous);
        if (found.Labels.IsEmpty && found.Environment.IsEmpty && found.PodLabels.IsEmpty) return found;

        // If a new version of the file cannot be parsed, what was known stays, without the labels that are no tags.
        ImmutableArray<KeyValuePair<string, string>> tags = found.OrchestratorTags;
        if (tags.IsEmpty && _options.OrchestratorTags) tags = OrchestratorTags.Of(found.Labels, found.PodLabels, found.Pod);
        ImmutableArray<KeyValuePair<string, string>> labels = found.Labels.RemoveAll(label => OrchestratorTags.Needs(label.Key) && !_selection.Selects(label.Key));
        int leftOut = 0;
        labels = Admitted(labels, _guard.AdmitLabel, ref leftOut);
        ImmutableArray<KeyValuePair<string, string>> variables = Admitted(found.Environment, _guard.AdmitVariable, ref leftOut);
        tags = Admitted(tags, _guard.AdmitOrchestratorTag, ref leftOut);
        if (leftOut > 0)
        {
            _counters.Add(AgentCounter.LabelsOverLimit, leftOut);
            _log.Warning("labels over limit", $"More than {_options.MaxLabelKeys} label keys, more than {_options.MaxLabelValues} values of one label or variable, or more than {_options.MaxOrchestratorValues} of an orchestrator's tag, since the agent started, so others are left out. Select fewer labels in identity.labels, or raise identity.max_label_keys, identity.max_label_values or identity.max_orchestrator_values.");
        }

        return found with { Labels = labels, Environment = variables, OrchestratorTags = tags };
    }

    private static ImmutableArray<KeyValuePair<string, string>> Admitted(
        ImmutableArray<KeyValuePair<string, string>> pairs, Func<string, string, bool> admit, ref int leftOut)
    {
        ImmutableArray<KeyValuePair<string, string>> admitted = pairs.RemoveAll(pair => !admit(pair.Key, pair.Value));
        leftOut += pairs.Length - admitted.Length;
        return admitted;
    }
}
