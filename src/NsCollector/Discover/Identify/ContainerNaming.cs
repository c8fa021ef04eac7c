using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify.Engine;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// When containers are asked for their names, and by whom: on a thread of its own once that runs, again once a minute,
/// sooner while a container is young, and at once where a daemon tells that something has changed.
/// </summary>
/// <remarks>For the discovery thread, but for what the daemons' threads tell.</remarks>
internal sealed class ContainerNaming : IDisposable
{
    /// <summary>A container without a name is asked about again this long after it was first seen, in milliseconds.</summary>
    private static readonly int[] NameAfterMs = [100, 500, 2_000, 10_000];

    /// <summary>A little less than from one walk to the next, which asks: the answer comes a little after the question.</summary>
    private const long NameIntervalMs = 55_000;

    /// <summary>A container is first published by its id only to be renamed when its name is known would leave a stray series behind: so long it waits.</summary>
    private const long HoldForNameMs = 500;

    /// <summary>The same where a filter needs the name to decide.</summary>
    private const long HoldForFilterMs = 2_000;

    /// <summary>So many words of the daemons wait at the most; what is more is taken for a word on all containers.</summary>
    private const int MaxTold = 4096;

    private readonly ContainerNames _names;
    private readonly NameThread _thread;
    private readonly ImmutableArray<EngineNames> _engines;
    private readonly ConcurrentQueue<string> _told = new();
    private readonly WakeSignal _wake;
    private readonly bool _filterChooses;
    private volatile bool _toldTooMuch;

    /// <summary>Makes it; nobody is asked yet.</summary>
    /// <param name="options">Where the runtimes keep their files, and which daemons are asked.</param>
    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="filterChooses">Whether a filter needs names to decide.</param>
    /// <param name="wake">Set when there is an answer to take, or word of a daemon.</param>
    /// <param name="defect">Told what was thrown on the thread that asks.</param>
    /// <param name="counters">Counts what could not be understood.</param>
    /// <param name="logger">Is told of it.</param>
    internal ContainerNaming(
        DiscoverOptions options, HostRoots roots, bool filterChooses, WakeSignal wake, Action<Exception> defect, AgentCounters counters, ILogger logger)
    {
        _wake = wake;
        _filterChooses = filterChooses;
        var selection = new LabelSelection(options.Identity.Labels);
        ImmutableArray<EngineNames> docker = [.. options.DockerSockets.Select(socket => Engine(socket, mayStartDaemon: false))];
        ImmutableArray<EngineNames> podman = [.. options.PodmanSockets.Select(socket => Engine(socket, mayStartDaemon: true))];
        _engines = docker.AddRange(podman);
        _names = new ContainerNames(options, roots, counters, logger, dockerEngine: new EngineIdentities(docker), podmanEngine: new EngineIdentities(podman));
        _thread = new NameThread(_names, wake, defect);

        EngineNames Engine(string socket, bool mayStartDaemon) =>
            new(EngineOptions.Of(options, roots, socket, mayStartDaemon), roots, selection.Selects, Told, counters, logger);
    }

    /// <summary>Whether names come on a thread of their own; before, <see cref="Ask"/> waits for them.</summary>
    internal bool IsRunning => _thread.IsRunning;

    /// <summary>Starts the threads.</summary>
    internal void Start()
    {
        _thread.Start();
        foreach (EngineNames engine in _engines) engine.Start();
    }

    /// <summary>Ends the thread that asks; the daemons' stay until <see cref="Dispose"/>.</summary>
    internal void Stop() => _thread.Stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EngineNames engine in _engines) engine.Dispose();
    }

    /// <summary>Whether Docker keeps a container of this id.</summary>
    internal bool IsDockers(string id) => _names.IsDockers(id);

    /// <summary>Asks for a container's names, if that is due.</summary>
    internal void Ask(ContainerRecord record, long nowMs)
    {
        if (record.IsNameAsked || (record.Known is not null && nowMs < record.NextNameMs)) return;
        if (_thread.IsRunning)
        {
            record.IsNameAsked = true;
            _thread.Ask(record.Key, record.Recognised, record.Path, record.Known);
            return;
        }

        Named(record, _names.Resolve(record.Recognised, record.Path, record.Known), nowMs);
    }

    /// <summary>A container is gone.</summary>
    internal void Forget(ContainerRecord record)
    {
        if (record.IsNameAsked) _thread.Forget(record.Key);
    }

    /// <summary>Takes what the daemons told: the names of those containers are asked for now.</summary>
    internal void TakeTold(List<ContainerRecord> records, long nowMs)
    {
        bool isAny = _toldTooMuch;
        if (_told.IsEmpty && !isAny) return;
        if (isAny) _toldTooMuch = false;
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (_told.TryDequeue(out string? id)) ids.Add(id);
        isAny |= ids.Contains("");
        foreach (ContainerRecord record in records)
        {
            if (record.Recognised.Runtime is not (ContainerRuntime.Docker or ContainerRuntime.Podman)) continue;
            if (!isAny && !ids.Contains(record.Recognised.Id)) continue;
            record.NextNameMs = nowMs;
            record.IsNameStale = record.IsNameAsked;
            Ask(record, nowMs);
        }
    }

    /// <summary>Takes the answers that have come.</summary>
    /// <param name="records">The containers, by key.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="named">Is told whose names may be others now.</param>
    internal void TakeAnswers(IReadOnlyDictionary<long, ContainerRecord> records, long nowMs, Action<ContainerRecord> named)
    {
        while (_thread.TryTake(out long key, out KnownIdentity? known))
        {
            if (!records.TryGetValue(key, out ContainerRecord? record)) continue;
            record.IsNameAsked = false;
            Named(record, known, nowMs);
            if (record.IsNameStale)
            {
                record.IsNameStale = false;
                record.NextNameMs = nowMs;
                Ask(record, nowMs);
            }

            named(record);
        }
    }

    /// <summary>Whether a container has no name yet that its runtime may still tell.</summary>
    internal bool MayCome(ContainerRecord record, long nowMs)
    {
        if (record.WasThereAtStart || record.Known?.Name is not null) return false;
        bool mayCome = IsNamedByFiles(record.Recognised.Runtime) || record.Recognised.Runtime switch
        {
            // The path has a name, which may give way to the one that the runtime's files tell: they are asked once.
            ContainerRuntime.Lxc or ContainerRuntime.Nspawn => record.Known is null,
            _ => false,
        };
        return mayCome && nowMs - record.YoungSinceMs < (_filterChooses ? HoldForFilterMs : HoldForNameMs);
    }

    /// <summary>Whether only the runtime's own files, or its daemon, tell the names of such a container: its path has none.</summary>
    internal static bool IsNamedByFiles(ContainerRuntime runtime) =>
        runtime is ContainerRuntime.Docker or ContainerRuntime.Podman or ContainerRuntime.Containerd or ContainerRuntime.Crio;

    /// <summary>Called by the daemons' threads.</summary>
    private void Told(string id)
    {
        if (_told.Count < MaxTold) _told.Enqueue(id);
        else _toldTooMuch = true;
        _wake.Set();
    }

    private static void Named(ContainerRecord record, KnownIdentity known, long nowMs)
    {
        record.Known = known;
        record.NextNameMs = nowMs + NameIntervalMs;
        if (known.Name is not null) return;
        foreach (int afterMs in NameAfterMs)
        {
            if (record.YoungSinceMs + afterMs <= nowMs) continue;
            record.NextNameMs = record.YoungSinceMs + afterMs;
            break;
        }
    }
}
