using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Discover.Identify.Engine;
using NsCollector.Discover.Identify.Inside;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Walk;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// Keeps the names of containers up to date: requests them from the thread that resolves names, again about once a
/// minute, more often while a container is young, and at once if a daemon reports a change.
/// </summary>
/// <remarks>For the discovery thread; only <see cref="OnChanged"/> is called by the daemons' threads.</remarks>
internal sealed class NameTracker : IDisposable
{
    /// <summary>When the name of a young container is requested again, in milliseconds after it was first seen.</summary>
    private static readonly int[] NameAfterMs = [100, 500, 2_000, 10_000];

    /// <summary>
    /// How long a container counts as young, in milliseconds: until the last of these requests, which may be late. By then, the
    /// daemons have been scanned for since the container was created.
    /// </summary>
    private const long YoungMs = 20_000;

    /// <summary>How long a name is not requested again, in milliseconds: a little less than the time between two walks, which request it.</summary>
    private const long NameIntervalMs = 55_000;

    /// <summary>
    /// How long a container is held back until its name is known, in milliseconds: published under its id first, it would
    /// leave a stray series.
    /// </summary>
    private const long HoldForNameMs = 500;

    /// <summary>The same if a filter needs the name to decide.</summary>
    private const long HoldForFilterMs = 2_000;

    /// <summary>How often the state of a container that is starting is requested again, in milliseconds.</summary>
    private const long AwaitStateMs = 500;

    /// <summary>Maximum time to wait for its first successful health check, in milliseconds. Later its state is requested with its names.</summary>
    private const long AwaitHealthMs = 600_000;

    /// <summary>How many changes reported by daemons are queued at most; more means that the names of all containers are requested.</summary>
    private const int MaxChangedIds = 4096;

    private readonly ContainerNames _names;
    private readonly NameThread _thread;
    private readonly ImmutableArray<EngineNames> _engines;
    private readonly ConcurrentQueue<string> _changedIds = new();
    private readonly WakeSignal _wake;
    private readonly bool _filterNeedsName;
    private readonly CgroupProcesses _processes;
    private readonly NamesInside? _inside;
    private readonly ImageLimit _imagesInside;
    private volatile bool _anyMayHaveChanged;

    /// <summary>Creates a tracker. Nothing is requested yet.</summary>
    /// <param name="options">Where the runtimes keep their files, and which daemons are followed.</param>
    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="filterNeedsName">Whether a filter needs names to decide.</param>
    /// <param name="processes">Finds the runtimes' programs in containers.</param>
    /// <param name="wake">Set when there is an answer, or a change that a daemon reports.</param>
    /// <param name="defect">Receives an exception of the thread that resolves names.</param>
    /// <param name="counters">Counts what could not be parsed.</param>
    /// <param name="logger">Receives the warnings about that.</param>
    internal NameTracker(
        DiscoverOptions options, HostRoots roots, bool filterNeedsName, CgroupProcesses processes, WakeSignal wake, Action<Exception> defect, AgentCounters counters, ILogger logger)
    {
        _wake = wake;
        _filterNeedsName = filterNeedsName;
        var selection = new LabelSelection(options.Identity);
        var engines = ImmutableArray.CreateBuilder<EngineNames>();
        _names = new ContainerNames(options, roots, counters, logger, engineOf: EngineOf);
        _engines = engines.ToImmutable();
        _thread = new NameThread(_names, wake, defect);
        _processes = processes;
        var log = new RateLimitedLog(logger);

        // Bounds of their own: containers inside containers use up nothing that the host's need.
        _imagesInside = new ImageLimit(new TagGuard(options.Identity), options.Identity, counters, log);
        if (options.NamesInside)
        {
            var state = new StateInside(roots.Proc, options.MaxStateFileBytes, (outer, outcome) =>
            {
                counters.Add(AgentCounter.NamesInsideErrors);
                log.Warning("names inside unreadable", $"A state file of a runtime inside {outer} cannot be used ({outcome}). The container inside has its id as name until the file changes.");
            });
            _inside = new NamesInside(state.Resolve, () => Environment.TickCount64, wake, defect, counters, log);
        }

        IEngineNames? EngineOf(ContainerRuntime runtime)
        {
            RuntimeSupport support = RuntimeTable.Of(runtime);
            if (support.EngineSockets is not { } sockets) return null;
            ImmutableArray<EngineNames> own = [.. sockets(options).Select(socket =>
                new EngineNames(EngineOptions.Of(options, roots, socket, support.MayStartDaemon), roots, selection.Reads, OnChanged, counters, logger))];
            engines.AddRange(own);
            return new EngineIdentities(own);
        }
    }

    /// <inheritdoc cref="ContainerNames.Daemons"/>
    internal HostDaemons Daemons => _names.Daemons;

    /// <inheritdoc cref="ContainerNames.CreateCensuses"/>
    internal ImmutableArray<IRuntimeCensus> CreateCensuses(CensusContext context) => _names.CreateCensuses(context);

    /// <summary>Whether names are resolved on a thread of their own; before that, <see cref="Request"/> resolves them itself.</summary>
    internal bool IsRunning => _thread.IsRunning;

    /// <summary>Starts the threads.</summary>
    internal void Start()
    {
        _thread.Start();
        foreach (EngineNames engine in _engines) engine.Start();
    }

    /// <summary>Ends the thread that resolves names. Those of the daemons end in <see cref="Dispose"/>.</summary>
    internal void Stop()
    {
        _inside?.Stop();
        _thread.Stop();
    }

    /// <summary>When <see cref="ApplyAnswers"/> is to be called although there is no answer, on the clock of the system, in milliseconds from now.</summary>
    internal long DueInMs => _inside is { DueMs: not long.MaxValue and var dueMs } ? Math.Max(0, dueMs - Environment.TickCount64) : long.MaxValue;

    /// <summary>Waits a moment for the names of containers inside containers, which are always resolved on threads of their own.</summary>
    internal void AwaitInside() => _inside?.Await(TimeSpan.FromMilliseconds(HoldForNameMs));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EngineNames engine in _engines) engine.Dispose();
    }

    /// <summary>Whether the state of a runtime has a container with this id.</summary>
    internal bool HasState(ContainerRuntime runtime, string id) => _names.HasState(runtime, id);

    /// <summary>Requests a container's names, if that is due.</summary>
    internal void Request(ContainerRecord record, long nowMs)
    {
        if (record.IsNameRequested || (record.Known is not null && nowMs < record.NextNameMs)) return;
        if (record.Recognised.Within is not null)
        {
            if (TryRequestInside(record, nowMs)) record.IsNameRequested = true;
            else Apply(record, record.Known ?? KnownIdentity.Nothing, nowMs);
            return;
        }

        bool isYoung = nowMs - record.YoungSinceMs < YoungMs;
        if (_thread.IsRunning)
        {
            record.IsNameRequested = true;
            _thread.Enqueue(record.Key, record.Recognised, record.Path, record.Known, isYoung);
            return;
        }

        Apply(record, _names.Resolve(record.Recognised, record.Path, record.Known, isYoung), nowMs);
    }

    /// <summary>A container is gone.</summary>
    internal void Forget(ContainerRecord record)
    {
        _inside?.Forget(record.Key, record.Path);
        if (record.IsNameRequested) _thread.Forget(record.Key);
    }

    /// <summary>Requests at once the names that the daemons report as changed.</summary>
    internal void RequestChanged(List<ContainerRecord> records, long nowMs)
    {
        bool isAny = _anyMayHaveChanged;
        if (_changedIds.IsEmpty && !isAny) return;
        if (isAny) _anyMayHaveChanged = false;
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (_changedIds.TryDequeue(out string? id)) ids.Add(id);
        isAny |= ids.Contains("");
        foreach (ContainerRecord record in records)
        {
            if (RuntimeTable.Of(record.Recognised.Runtime).EngineSockets is null) continue;
            if (!isAny && !ids.Contains(record.Recognised.Id)) continue;
            record.NextNameMs = nowMs;
            record.IsNameStale = record.IsNameRequested;
            Request(record, nowMs);
        }
    }

    /// <summary>Applies the answers that have come.</summary>
    /// <param name="records">The containers, by key.</param>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="named">Called for each container whose names may have changed.</param>
    internal void ApplyAnswers(IReadOnlyDictionary<long, ContainerRecord> records, long nowMs, Action<ContainerRecord> named)
    {
        _inside?.Check();
        while (TryDequeue(records, out ContainerRecord? record, out KnownIdentity? known))
        {
            record.IsNameRequested = false;
            Apply(record, known, nowMs);
            if (record.IsNameStale)
            {
                record.IsNameStale = false;
                record.NextNameMs = nowMs;
                Request(record, nowMs);
            }

            named(record);
        }
    }

    /// <summary>Whether a container has no name yet that its runtime may still tell.</summary>
    internal bool MayCome(ContainerRecord record, long nowMs)
    {
        if (record.ExistedAtStart || record.Known?.Name is not null || (record.Recognised.Within is not null && !MayResolveInside(record))) return false;
        bool mayCome = RuntimeTable.Of(record.Recognised.Runtime).Names switch
        {
            NameSource.State => true,

            // The path has a name, which the runtime's files may replace: they are read once.
            NameSource.PathThenState => record.Known is null,
            _ => false,
        };
        return mayCome && nowMs - record.YoungSinceMs < (_filterNeedsName ? HoldForFilterMs : HoldForNameMs);
    }

    private bool TryDequeue(
        IReadOnlyDictionary<long, ContainerRecord> records, [NotNullWhen(true)] out ContainerRecord? record, [NotNullWhen(true)] out KnownIdentity? known)
    {
        while (_thread.TryDequeue(out long key, out known))
        {
            if (records.TryGetValue(key, out record)) return true;
        }

        while (_inside is not null && _inside.TryDequeue(out long key, out known))
        {
            if (!records.TryGetValue(key, out record)) continue;
            known = _imagesInside.Apply(known, record.Known);
            return true;
        }

        record = null;
        return false;
    }

    /// <summary>Whether the name of a container inside another one can be resolved. A name in the path stays: nothing inside replaces it.</summary>
    private bool MayResolveInside(ContainerRecord record) =>
        record is { Outer: { } outer, Recognised.Name: null } && RuntimeTable.Of(record.Recognised.Runtime).Names == NameSource.State && _inside?.MayResolve(outer.Path) == true;

    private bool TryRequestInside(ContainerRecord record, long nowMs)
    {
        if (!MayResolveInside(record)) return false;
        foreach ((CgroupTree tree, CgroupNode node) in record.Nodes)
        {
            if (DelegatedCgroup.NearestAbove(node, out _) is not { } outer || outer.Path != record.Outer!.Path) continue;
            int[] programs = _processes.ProgramsIn(tree, outer, record.Recognised.Runtime, nowMs);
            if (programs.Length > 0) return _inside!.TryEnqueue(new InsideRequest(record.Key, record.Recognised, programs, record.Known));
        }

        return false;
    }

    private void OnChanged(string id)
    {
        if (_changedIds.Count < MaxChangedIds) _changedIds.Enqueue(id);
        else _anyMayHaveChanged = true;
        _wake.Set();
    }

    private static void Apply(ContainerRecord record, KnownIdentity known, long nowMs)
    {
        record.Known = known;
        record.NextNameMs = nowMs + NameIntervalMs;
        ApplyState(record, known, nowMs);
        if (known.Name is not null) return;
        foreach (int afterMs in NameAfterMs)
        {
            if (record.YoungSinceMs + afterMs <= nowMs) continue;
            record.NextNameMs = record.YoungSinceMs + afterMs;
            break;
        }
    }

    private static void ApplyState(ContainerRecord record, KnownIdentity known, long nowMs)
    {
        // After the exit, the runtime's count includes the next restart, which is not of this life.
        record.IsStateAwaited = false;
        if (record.Life.EndedMs is not null || record.GoneSinceMs is not null) return;
        record.State = known.StateAt(SystemClock.RealtimeNs(), record.State);
        long ageMs = nowMs - record.YoungSinceMs;
        record.IsStateAwaited = known.IsStarting && known.Told is null && record.Recognised.Within is null && ageMs < (known.State?.HasHealthCheck == true ? AwaitHealthMs : YoungMs);
        if (record.IsStateAwaited && known.Name is not null) record.NextNameMs = nowMs + AwaitStateMs;
    }
}
