using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.End;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// One cycle over every container: cgroup files, then the network namespaces, then the consumer, by groups of containers
/// so that what was read is still in the processor's cache when it is encoded. Between two cycles: what happened to containers,
/// and the first reading of those that were born.
/// </summary>
/// <remarks>Used on one thread. It owns every descriptor that is held for sampling. A steady cycle allocates nothing.</remarks>
internal sealed class Sampler : IDisposable
{
    // Enough that entering and leaving the namespaces is shared by many, few enough that their texts stay in the cache.
    private const int GroupSize = 32;

    // How many of the visits after the first look again for a network end where there was none.
    private const int EndTries = 3;

    // A runtime connects a namespace, and begins to hold it, when its first process is there already, and lets the container's
    // program begin only then: so long after each look for the network end of a container that was born the next one comes.
    // On a host that is overrun that takes seconds, and the next cycle may be minutes away.
    private static readonly int[] EndAfterMs = [20, 40, 80, 160, 320, 640, 1_280, 1_280, 1_280, 1_280, 2_560, 5_120, 10_240];

    private readonly IContainerSource _source;
    private readonly ISampleConsumer _consumer;
    private readonly CgroupSampler _cgroups;
    private readonly NetworkVisitor _visitor;
    private readonly NetworkNamespaces _namespaces;
    private readonly AgentCounters _counters;
    private readonly NetworkTarget[] _targets = new NetworkTarget[GroupSize];
    private readonly int[] _born = new int[GroupSize];
    private readonly LastReadings _last;
    private readonly NetworkEnds _ends;
    private readonly SampleOptions _options;
    private readonly FlushSchedule _flushes = new();
    private readonly List<(long Key, bool WasRead, bool WasLookedFor)> _endedUnknown = [];
    private long _finishByNs = long.MaxValue;
    private Entry[] _entries = [];
    private ContainerList _list = ContainerList.Empty;
    private int _namespacesVersion;
    private bool _hasAccepted;
    private bool _hasCycled;

    // How many entries are newborn, and of how many the network end is to be found.
    private int _births;
    private int _endsDue;
    private int _nextEnd;

    private sealed class Entry(Container container, ContainerCgroup cgroup, SampleOptions options)
    {
        internal Container Container = container;
        internal readonly ContainerCgroup Cgroup = cgroup;
        internal readonly ContainerSample Sample = new();
        internal readonly LastTotals Totals = new(options);
        internal bool IsNewborn;
        internal bool WasSampled;
        internal bool Vanished;

        // Its end was told, and whether with totals that were read then.
        internal bool HasEnded;
        internal bool EndWasRead;

        // Of the last visit: which namespace, which interfaces; 0 before the first. And what that led to.
        internal ulong NamespaceInode;
        internal ulong InterfacesHash;
        internal int EndTriesLeft;
        internal bool EndIsDue;

        // How many of the looks after the birth were made, and when the next one is due.
        internal int EndLooks;
        internal long NextEndNs = long.MaxValue;
        internal NetworkEnd? End;
    }

    /// <summary>Makes a sampler; nothing is read yet.</summary>
    /// <param name="source">Tells which containers live.</param>
    /// <param name="consumer">Is given every sample.</param>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="roots">Where the host's procfs and sysfs are.</param>
    /// <param name="options">What is read.</param>
    /// <param name="counters">Where failures are counted.</param>
    /// <param name="loggers">Where it says, seldom, what an administrator should know.</param>
    public Sampler(
        IContainerSource source,
        ISampleConsumer consumer,
        CgroupMounts mounts,
        HostRoots roots,
        SampleOptions options,
        AgentCounters counters,
        ILoggerFactory loggers)
    {
        _source = source;
        _consumer = consumer;
        _counters = counters;
        _cgroups = new CgroupSampler(mounts, roots, options, counters, loggers.CreateLogger("cgroup"));
        _visitor = new NetworkVisitor(options, roots, counters, loggers.CreateLogger("network"));
        _namespaces = new NetworkNamespaces(_visitor);
        _options = options;
        _last = new LastReadings(new LastFiles(mounts, options), roots, options, counters);
        _ends = new NetworkEnds(options, roots, counters, loggers.CreateLogger("network"));
        for (int i = 0; i < GroupSize; i++) _targets[i] = new NetworkTarget();
    }

    /// <summary>The longest that births and the search for network ends may take at one go, but for a reading that was begun.</summary>
    internal long LongestBetweenNs { get; init; } = 20_000_000;

    /// <summary>When what was flushed between cycles is to be closed by <see cref="EndFlush"/>, on the monotonic clock; <see cref="long.MaxValue"/> where nothing waits for that.</summary>
    internal long FlushDueNs => _flushes.DueNs;

    /// <summary>Whether <see cref="RunBetweenCycles"/> has more to do without anybody's word: births, network ends.</summary>
    internal bool HasMoreBetweenCycles => _births > 0 || _endsDue > 0;

    /// <summary>When <see cref="RunBetweenCycles"/> has to look for network ends again, on the monotonic clock; <see cref="long.MaxValue"/> where it has not.</summary>
    internal long EndsDueNs { get; private set; } = long.MaxValue;

    /// <summary>Reads every container once and hands the samples to the consumer, after what happened since.</summary>
    /// <returns>What the consumer was told at the end of the cycle.</returns>
    public CycleReport RunCycle()
    {
        long beganNs = SystemClock.MonotonicNs();
        long cpuBeganNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
        long timestampNs = SystemClock.RealtimeNs();
        ContainerList list = TakeUp();
        _namespaces.Update(list, timestampNs);
        LetGoOfNamespaces();
        _consumer.BeginCycle(list);

        int containers = 0, namespaces = 0, owner = 0;
        for (int start = 0; start < _entries.Length && SystemClock.MonotonicNs() < Interlocked.Read(ref _finishByNs); start += GroupSize)
        {
            int end = Math.Min(start + GroupSize, _entries.Length);
            for (int i = start; i < end; i++) Read(_entries[i]);
            namespaces += Visit(ref owner, end);
            for (int i = start; i < end; i++)
            {
                Entry entry = _entries[i];
                if (entry.Vanished) continue;
                containers++;
                HandOver(entry);
            }
        }

        var report = new CycleReport(
            timestampNs,
            containers,
            namespaces,
            SystemClock.MonotonicNs() - beganNs,
            Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - cpuBeganNs,
            _cgroups.HeldFiles,
            _visitor.NamespaceDescriptors);
        _consumer.EndCycle(report);
        _hasAccepted = false;
        _hasCycled = true;
        long nowNs = SystemClock.MonotonicNs();
        _flushes.Ended(nowNs);
        RefreshEnds();
        LookAgainForEnds(nowNs);
        FindEnds(nowNs + LongestBetweenNs);
        return report;
    }

    /// <summary>
    /// Between two cycles: hands over what happened, takes the new list up, reads the containers that were born, and has it
    /// flushed. It is no cycle, and no other container is read.
    /// </summary>
    /// <param name="finishByNs">When births and network ends that were not come to are left for the next time, or the next cycle; on the monotonic clock.</param>
    internal void RunBetweenCycles(long finishByNs)
    {
        finishByNs = Math.Min(finishByNs, SystemClock.MonotonicNs() + LongestBetweenNs);
        TakeUp();
        ReadNewborn(finishByNs);
        if (_hasAccepted)
        {
            _hasAccepted = false;
            _consumer.Flush(_flushes.IsEnd(SystemClock.MonotonicNs()));
        }

        LookAgainForEnds(SystemClock.MonotonicNs());
        FindEnds(finishByNs);
    }

    /// <summary>Has what was flushed before closed.</summary>
    internal void EndFlush()
    {
        _consumer.Flush(isEnd: true);
        _flushes.Ended(SystemClock.MonotonicNs());
    }

    /// <summary>Hands over what has happened, at the end of all: nothing is read any more.</summary>
    internal void TakeLastEvents()
    {
        TakeEvents();
        _endedUnknown.Clear();
        EndFlush();
    }

    /// <summary>
    /// Says that a cycle which has not ended by then leaves out the containers that it has not come to: the agent is asked
    /// to end, and what was read must still be written. From any thread.
    /// </summary>
    /// <param name="monotonicNs">On the monotonic clock.</param>
    public void FinishBy(long monotonicNs) => Interlocked.Exchange(ref _finishByNs, monotonicNs);

    /// <summary>Closes everything that is held.</summary>
    public void Dispose()
    {
        foreach (Entry entry in _entries) _cgroups.Close(entry.Cgroup);
        _cgroups.Dispose();
        _entries = [];
        _visitor.Dispose();
    }

    /// <summary>What happened, with the entries that the containers had until now; then the newest list, which may lack them.</summary>
    private ContainerList TakeUp()
    {
        // Before the events: those of containers that a list lacks are there before that list is.
        ContainerList list = _source.Current;
        TakeEvents();
        if (!ReferenceEquals(list, _list)) Adopt(list);
        SettleEnded();
        return list;
    }

    private void TakeEvents()
    {
        while (_source.TryTakeEvent(out ContainerEvent? happened))
        {
            _hasAccepted = true;
            Entry? entry = Find(happened.Container.Key);
            switch (happened)
            {
                case ContainerExit exit:
                    ExitSample sample = _last.ReadExit(exit, entry?.Totals.Readings, SystemClock.MonotonicNs());
                    _consumer.AcceptExit(exit.Container, sample);
                    if (entry is null) _endedUnknown.Add((exit.Container.Key, sample.WasRead, false));
                    else SetEnded(entry, sample.WasRead);
                    break;
                case ContainerOom oom:
                    _consumer.AcceptOom(oom.Container, _last.ReadOom(oom, entry is { Cgroup.Carried.HasPayload: true } ? entry.Cgroup.Carried.Limits : null, SystemClock.MonotonicNs()));
                    break;
            }
        }
    }

    private static void SetEnded(Entry entry, bool wasRead)
    {
        entry.HasEnded = true;
        entry.EndWasRead |= wasRead;

        // Started again, it goes on counting in its cgroup, but perhaps in another network namespace, from zero.
        entry.Totals.ForgetNetwork();
    }

    /// <summary>
    /// Of containers that ended before they had an entry: the ones that have one now, and the ones that were born and died
    /// between two looks. The second look decides, as a list that came between the first one's and the event may have had it.
    /// </summary>
    private void SettleEnded()
    {
        for (int i = _endedUnknown.Count - 1; i >= 0; i--)
        {
            (long key, bool wasRead, bool wasLookedFor) = _endedUnknown[i];
            if (Find(key) is { } entry)
            {
                SetEnded(entry, wasRead);
            }
            else if (!wasLookedFor)
            {
                _endedUnknown[i] = (key, wasRead, true);
                continue;
            }
            else
            {
                _counters.Add(AgentCounter.ContainersVanished);
                if (!wasRead) _counters.Add(AgentCounter.ContainersMissed);
            }

            _endedUnknown.RemoveAt(i);
        }
    }

    private Entry? Find(long key)
    {
        int low = 0, high = _entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long found = _entries[middle].Container.Key;
            if (found == key) return _entries[middle];
            if (found < key) low = middle + 1;
            else high = middle - 1;
        }

        return null;
    }

    private void ReadNewborn(long finishByNs)
    {
        if (_births == 0) return;
        _namespaces.Update(_list, SystemClock.RealtimeNs(), newOnly: true);
        LetGoOfNamespaces();
        _consumer.BeginBirths(_list);
        RefreshEnds();
        for (int next = 0; next < _entries.Length && _births > 0 && SystemClock.MonotonicNs() < finishByNs;)
        {
            int count = 0, targets = 0;
            for (; next < _entries.Length && count < GroupSize; next++)
            {
                if (!_entries[next].IsNewborn) continue;
                _born[count++] = next;
                Read(_entries[next]);
                if (_namespaces.OwnerOf(next) == next) AddTarget(ref targets, next);
            }

            VisitTargets(targets);
            for (int i = 0; i < count; i++)
            {
                Entry entry = _entries[_born[i]];
                if (entry.Vanished) continue;
                _hasAccepted = true;
                HandOver(entry);
            }
        }
    }

    private void HandOver(Entry entry)
    {
        entry.WasSampled = true;
        _consumer.Accept(entry.Container, entry.Sample);
        entry.Totals.Apply(entry.Sample);
    }

    private void Read(Entry entry)
    {
        if (entry.IsNewborn)
        {
            entry.IsNewborn = false;
            _births--;
        }

        if (entry.Vanished) return;
        ContainerSample sample = entry.Sample;
        sample.Clear();
        sample.TimestampNs = SystemClock.RealtimeNs();
        if (_cgroups.Read(entry.Cgroup, sample, SystemClock.MonotonicNs()) == CgroupReadResult.Vanished)
        {
            // Counted once; the entry waits for discovery to see the same.
            entry.Vanished = true;
            _counters.Add(AgentCounter.ContainersVanished);
            _source.RequestWalk();
            return;
        }

        if (entry.Container.Init is { } init)
        {
            sample.Scalars.Set(Reading.InfoPid, init.Pid);
            if (init.StartedAtNs > 0)
            {
                sample.Scalars.Set(Reading.InfoStartedAtNs, init.StartedAtNs);
                // The realtime clock may have been set since the start; a negative uptime is no reading.
                if (sample.TimestampNs >= init.StartedAtNs) sample.Scalars.Set(Reading.InfoUptimeNs, sample.TimestampNs - init.StartedAtNs);
            }
        }

        // That no process is known says little where the cgroup did not tell: it may be invisible from here.
        if (sample.State == ContainerState.Unknown && entry.Container.Init is not null) sample.State = ContainerState.Running;
    }

    /// <summary>Visits the namespaces owned by the containers below <paramref name="end"/> that were not visited yet.</summary>
    private int Visit(ref int owner, int end)
    {
        ReadOnlySpan<int> owners = _namespaces.Owners;
        int count = 0;
        for (; owner < owners.Length && owners[owner] < end; owner++) AddTarget(ref count, owners[owner]);
        return VisitTargets(count);
    }

    private void AddTarget(ref int count, int index)
    {
        Entry entry = _entries[index];
        if (entry.Vanished) return;
        NetworkTarget target = _targets[count++];
        target.ContainerIndex = index;
        target.Init = entry.Container.Init;
        target.Sample = entry.Sample;
    }

    /// <returns>How many namespaces were read.</returns>
    private int VisitTargets(int count)
    {
        if (count == 0) return 0;
        _visitor.Visit(_targets, count);
        _namespaces.Record(_targets.AsSpan(0, count));
        int read = 0;
        for (int i = 0; i < count; i++)
        {
            NetworkTarget target = _targets[i];
            if (target.Result == NetworkVisitResult.Read)
            {
                read++;
                LookForNewInterfaces(_entries[target.ContainerIndex], target.NamespaceInode);
            }
            else if (target.Result == NetworkVisitResult.ProcessGone)
            {
                _source.RequestWalk();
            }
        }

        return read;
    }

    // ---- where the last network counters will be

    /// <summary>
    /// Whether a namespace has other interfaces than in the visit before: other names, or counters that fell, as they do
    /// where one was taken out and another put in by the same name.
    /// </summary>
    private void LookForNewInterfaces(Entry entry, ulong inode)
    {
        if (_visitor.Mode != NetworkMode.Visit || (inode & NativeShim.IdentityByDev) != 0) return;
        RowTable interfaces = entry.Sample.Interfaces;
        ulong hash = 14695981039346656037;
        bool fell = false;
        for (int i = 0; i < interfaces.Count; i++)
        {
            foreach (byte b in interfaces[i].Key) hash = (hash ^ b) * 1099511628211;
            hash = (hash ^ '/') * 1099511628211;
        }

        ReadingSet before = entry.Totals.Readings;
        if (before.TryGet(Reading.ExitRxBytes, out long received))
            fell |= interfaces.TrySum(Reading.NetworkRxBytes, out long sum, "lo"u8) && sum < received;
        if (before.TryGet(Reading.ExitTxBytes, out long sent))
            fell |= interfaces.TrySum(Reading.NetworkTxBytes, out long sum, "lo"u8) && sum < sent;
        if (inode == entry.NamespaceInode && hash == entry.InterfacesHash && !fell)
        {
            // A runtime that was still at it may have had the other end elsewhere.
            if (entry.End is not null || entry.EndTriesLeft == 0) return;
            entry.EndTriesLeft--;
        }
        else
        {
            if (entry.NamespaceInode != 0 && entry.NamespaceInode != inode) entry.EndLooks = 0;
            entry.NamespaceInode = inode;
            entry.InterfacesHash = hash;
            entry.EndTriesLeft = EndTries;
        }

        SetEndDue(entry);
    }

    private void SetEndDue(Entry entry)
    {
        if (entry.EndIsDue) return;
        entry.EndIsDue = true;
        _endsDue++;
    }

    /// <summary>Where owners have changed: who owns no namespace any more has no network counters of its own.</summary>
    private void LetGoOfNamespaces()
    {
        if (_namespaces.Version == _namespacesVersion) return;
        _namespacesVersion = _namespaces.Version;
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            if (entry.NamespaceInode == 0 || !_namespaces.IsElsewhere(i)) continue;
            entry.NamespaceInode = 0;
            entry.Totals.ForgetNetwork();
            if (entry.End is null) continue;
            entry.End = null;
            _source.SetNetworkEnd(entry.Container, null);
        }
    }

    /// <summary>Where a runtime has begun or ceased to hold a namespace, its container's end is found anew.</summary>
    private void RefreshEnds()
    {
        if (_visitor.Mode != NetworkMode.Visit || !_ends.Refresh(SystemClock.RealtimeNs())) return;
        foreach (Entry entry in _entries)
        {
            if (entry.NamespaceInode != 0 && _ends.PathOf(entry.NamespaceInode) != entry.End?.NamespacePath) SetEndDue(entry);
        }
    }

    /// <summary>Has those looked for again whose time has come.</summary>
    private void LookAgainForEnds(long nowNs)
    {
        if (nowNs < EndsDueNs) return;
        EndsDueNs = long.MaxValue;
        RefreshEnds();
        foreach (Entry entry in _entries)
        {
            if (entry.NextEndNs > nowNs)
            {
                EndsDueNs = Math.Min(EndsDueNs, entry.NextEndNs);
                continue;
            }

            entry.NextEndNs = long.MaxValue;
            if (!entry.HasEnded) SetEndDue(entry);
        }
    }

    /// <summary>Until the runtime holds the namespace itself, what was found may be a part.</summary>
    private void LookLater(Entry entry, NetworkEnd? found)
    {
        if (found?.NamespacePath is not null || entry.EndLooks >= EndAfterMs.Length) return;
        entry.NextEndNs = SystemClock.MonotonicNs() + (EndAfterMs[entry.EndLooks++] * 1_000_000L);
        EndsDueNs = Math.Min(EndsDueNs, entry.NextEndNs);
    }

    private void FindEnds(long finishByNs)
    {
        for (int i = 0; i < _entries.Length && _endsDue > 0; i++)
        {
            if (++_nextEnd >= _entries.Length) _nextEnd = 0;
            Entry entry = _entries[_nextEnd];
            if (!entry.EndIsDue) continue;
            if (SystemClock.MonotonicNs() >= finishByNs) return;
            entry.EndIsDue = false;
            _endsDue--;
            if (entry.NamespaceInode == 0 || entry.Vanished || entry.Container.Init is not { } init) continue;
            NetworkEnd? end = _ends.Find(init, entry.NamespaceInode);
            LookLater(entry, end);
            if (IsSame(end, entry.End)) continue;
            entry.End = end;
            _source.SetNetworkEnd(entry.Container, end);
        }
    }

    private static bool IsSame(NetworkEnd? one, NetworkEnd? other) =>
        one is null || other is null
            ? one is null && other is null
            : one.NamespaceInode == other.NamespaceInode && one.NamespacePath == other.NamespacePath && one.Peers.SequenceEqual(other.Peers);

    // ---- the list

    /// <summary>Opens what is new, closes what is gone, keeps the rest. Both lists are in the order of the containers' keys.</summary>
    private void Adopt(ContainerList list)
    {
        ImmutableArray<Container> containers = list.Containers;
        var entries = new Entry[containers.Length];
        int old = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            Container container = containers[i];
            while (old < _entries.Length && _entries[old].Container.Key < container.Key) Forget(_entries[old++]);
            if (old < _entries.Length && _entries[old].Container.Key == container.Key)
            {
                Entry entry = entries[i] = _entries[old++];
                bool hasNewInit = !ReferenceEquals(entry.Container.Init, container.Init);
                entry.Container = container;
                entry.Cgroup.Init = container.Init;
                if (hasNewInit) entry.Cgroup.NextLimitsNs = long.MinValue;

                // The first process that was seen of it was a runtime's helper in the host's namespace.
                if (hasNewInit && entry.NamespaceInode == 0 && _options.Network != NetworkMode.Off && container.Init is not null) SetNewborn(entry);
            }
            else
            {
                // What was there when the agent began was connected long ago.
                entries[i] = new Entry(container, _cgroups.Open(container), _options) { IsNewborn = true, EndLooks = _hasCycled ? 0 : EndAfterMs.Length };
                _births++;
            }
        }

        while (old < _entries.Length) Forget(_entries[old++]);
        _entries = entries;
        _list = list;
        _source.Acknowledge(list.Generation);
    }

    private void SetNewborn(Entry entry)
    {
        if (entry.IsNewborn || entry.Vanished) return;
        entry.IsNewborn = true;
        _births++;
    }

    private void Forget(Entry entry)
    {
        if (entry.IsNewborn) _births--;
        if (entry.EndIsDue) _endsDue--;

        // One that is in no list any more and lives on was left out, by the filter once its name was known, or by a bound.
        bool isGone = entry.Vanished || entry.HasEnded || !CgroupSampler.Exists(entry.Cgroup);
        _cgroups.Close(entry.Cgroup);
        if (!isGone) return;
        if (!entry.Vanished) _counters.Add(AgentCounter.ContainersVanished);
        if (!entry.WasSampled && !entry.EndWasRead) _counters.Add(AgentCounter.ContainersMissed);
    }
}
