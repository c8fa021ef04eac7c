using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// One cycle over every container: cgroup files, then the network namespaces, then the consumer, by groups of containers
/// so that what was read is still in the processor's cache when it is encoded.
/// </summary>
/// <remarks>Used on one thread. It owns every descriptor that is held for sampling. A steady cycle allocates nothing.</remarks>
public sealed class Sampler : IDisposable
{
    // Enough that entering and leaving the namespaces is shared by many, few enough that their texts stay in the cache.
    private const int GroupSize = 32;

    private readonly IContainerSource _source;
    private readonly ISampleConsumer _consumer;
    private readonly CgroupSampler _cgroups;
    private readonly NetworkVisitor _visitor;
    private readonly NetworkNamespaces _namespaces;
    private readonly AgentCounters _counters;
    private readonly NetworkTarget[] _targets = new NetworkTarget[GroupSize];
    private long _finishByNs = long.MaxValue;
    private Entry[] _entries = [];
    private ContainerList _list = ContainerList.Empty;

    private sealed class Entry(Container container, ContainerCgroup cgroup)
    {
        internal Container Container = container;
        internal readonly ContainerCgroup Cgroup = cgroup;
        internal readonly ContainerSample Sample = new();
        internal bool WasSampled;
        internal bool Vanished;
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
        for (int i = 0; i < GroupSize; i++) _targets[i] = new NetworkTarget();
    }

    /// <summary>Reads every container once and hands the samples to the consumer.</summary>
    /// <returns>What the consumer was told at the end of the cycle.</returns>
    public CycleReport RunCycle()
    {
        long beganNs = MonotonicNs();
        long cpuBeganNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
        long timestampNs = RealtimeNs();
        ContainerList list = _source.Current;
        if (!ReferenceEquals(list, _list)) Adopt(list);
        _namespaces.Update(list, timestampNs);
        _consumer.BeginCycle(list);

        int containers = 0, namespaces = 0, owner = 0;
        for (int start = 0; start < _entries.Length && MonotonicNs() < Interlocked.Read(ref _finishByNs); start += GroupSize)
        {
            int end = Math.Min(start + GroupSize, _entries.Length);
            for (int i = start; i < end; i++) Read(_entries[i]);
            namespaces += Visit(ref owner, end);
            for (int i = start; i < end; i++)
            {
                Entry entry = _entries[i];
                if (entry.Vanished) continue;
                containers++;
                entry.WasSampled = true;
                _consumer.Accept(entry.Container, entry.Sample);
            }
        }

        var report = new CycleReport(
            timestampNs,
            containers,
            namespaces,
            MonotonicNs() - beganNs,
            Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - cpuBeganNs,
            _cgroups.HeldFiles,
            _visitor.NamespaceDescriptors);
        _consumer.EndCycle(report);
        return report;
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

    internal static long MonotonicNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    internal static long RealtimeNs() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    private void Read(Entry entry)
    {
        if (entry.Vanished) return;
        ContainerSample sample = entry.Sample;
        sample.Clear();
        sample.TimestampNs = RealtimeNs();
        if (_cgroups.Read(entry.Cgroup, sample, MonotonicNs()) == CgroupReadResult.Vanished)
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
        for (; owner < owners.Length && owners[owner] < end; owner++)
        {
            Entry entry = _entries[owners[owner]];
            if (entry.Vanished) continue;
            NetworkTarget target = _targets[count++];
            target.ContainerIndex = owners[owner];
            target.Init = entry.Container.Init;
            target.Sample = entry.Sample;
        }

        if (count == 0) return 0;
        _visitor.Visit(_targets, count);
        _namespaces.Record(_targets.AsSpan(0, count));
        int read = 0;
        for (int i = 0; i < count; i++)
        {
            if (_targets[i].Result == NetworkVisitResult.Read) read++;
            else if (_targets[i].Result == NetworkVisitResult.ProcessGone) _source.RequestWalk();
        }

        return read;
    }

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
                entries[i] = _entries[old++];
                entries[i].Container = container;
            }
            else
            {
                entries[i] = new Entry(container, _cgroups.Open(container));
            }
        }

        while (old < _entries.Length) Forget(_entries[old++]);
        _entries = entries;
        _list = list;
        _source.Acknowledge(list.Generation);
    }

    private void Forget(Entry entry)
    {
        _cgroups.Close(entry.Cgroup);
        if (!entry.Vanished) _counters.Add(AgentCounter.ContainersVanished);
        if (!entry.WasSampled) _counters.Add(AgentCounter.ContainersMissed);
    }
}
