using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Finds the identity of containers in the state files of their runtimes (<see cref="RuntimeTable"/>). Belongs to one thread:
/// it reads disks, which may be slow, and neither births nor sampling may wait for it. Never throws.
/// </summary>
/// <remarks>
/// The runtime that the cgroup path shows decides which resolver is asked; no other is believed. A file that cannot be parsed
/// gives no names. It counts once as <see cref="AgentCounter.IdentityErrors"/> until its content changes, however many
/// containers ask for it. Neither such a file nor one that has gone takes a name away: an id is never used twice.
/// </remarks>
internal sealed class ContainerNames
{
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly IdentityOptions _options;
    private readonly TagGuard _guard;
    private readonly INameResolver?[] _resolvers = new INameResolver?[Enum.GetValues<ContainerRuntime>().Length];

    /// <summary>Makes the resolvers; nothing is read yet.</summary>
    /// <param name="options">Where the runtimes keep their files, how large one may be, and which labels become tags.</param>
    /// <param name="roots">Where the host's /run is.</param>
    /// <param name="counters">Counts files that could not be understood, and labels and images over their limits.</param>
    /// <param name="logger">Is told of them.</param>
    /// <param name="homeOf">Finds the home directory of a uid; null: getpwuid(3).</param>
    /// <param name="engineOf">Finds what the daemons of a runtime say; null: no daemon is asked.</param>
    internal ContainerNames(
        DiscoverOptions options, HostRoots roots, AgentCounters counters, ILogger logger, Func<uint, string?>? homeOf = null,
        Func<ContainerRuntime, IEngineNames?>? engineOf = null)
    {
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _options = options.Identity;
        _guard = new TagGuard(_options);
        var selection = new LabelSelection(_options.Labels);
        var files = new StateFiles(options.MaxStateFileBytes, selection, counters, _log);
        foreach ((ContainerRuntime runtime, RuntimeSupport support) in RuntimeTable.Rows)
        {
            var engine = new EngineAnswers(engineOf?.Invoke(runtime), selection);
            _resolvers[(int)runtime] = support.Resolver?.Invoke(new ResolverContext(options, roots, files, engine, counters, _log, homeOf));
        }
    }

    /// <summary>What the runtime says of a container.</summary>
    /// <param name="recognised">What its cgroup path says of it.</param>
    /// <param name="cgroupPath">That path.</param>
    /// <param name="previous">The last answer for this container: returned itself, after one or a few statx(2) and without allocating, where nothing has changed.</param>
    /// <returns>An answer that is equal to the previous one, though not the same, where a file has changed and says the same of this container.</returns>
    internal KnownIdentity Resolve(RecognisedContainer recognised, string cgroupPath, KnownIdentity? previous)
    {
        INameResolver? resolver = _resolvers[(int)recognised.Runtime];
        KnownIdentity? found = resolver?.Resolve(recognised, cgroupPath, previous);
        if (found is null) return previous ?? KnownIdentity.Nothing;
        return ReferenceEquals(found, previous) ? previous : Guarded(found, previous);
    }

    /// <summary>Whether the state of a runtime has a container with this id. Allocates nothing; any thread may ask.</summary>
    internal bool Keeps(ContainerRuntime runtime, string id) => _resolvers[(int)runtime]?.Keeps(id) ?? false;

    private KnownIdentity Guarded(KnownIdentity found, KnownIdentity? previous)
    {
        bool isKnownImage = found.Image == previous?.Image;
        bool isOverLimit = isKnownImage ? previous?.ImageOverLimit == true : found.Image is { } image && !_guard.AdmitImage(image);
        if (isOverLimit && !isKnownImage)
        {
            _counters.Add(AgentCounter.ImagesOverLimit);
            _log.Warning("images over limit", $"More than {_options.MaxImageValues} images since the start: further ones make no tag; raise identity.max_image_values");
        }

        if (isOverLimit != found.ImageOverLimit) found = found with { ImageOverLimit = isOverLimit };
        ImmutableArray<KeyValuePair<string, string>> admitted = found.Labels.RemoveAll(label => !_guard.AdmitLabel(label.Key, label.Value));
        int leftOut = found.Labels.Length - admitted.Length;
        if (leftOut == 0) return found;
        _counters.Add(AgentCounter.LabelsOverLimit, leftOut);
        _log.Warning("labels over limit", $"More than {_options.MaxLabelKeys} keys of labels, or more than {_options.MaxLabelValues} values of one, since the start: further ones make no tags; narrow identity.labels, or raise identity.max_label_keys or identity.max_label_values");
        return found with { Labels = admitted };
    }
}
