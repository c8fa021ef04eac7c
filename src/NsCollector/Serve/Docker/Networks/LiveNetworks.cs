using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Host;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>
/// Adds the networks of running containers whose runtime's files do not name them, from the kernel. The thread of a request reads them, each
/// container at most every five seconds, and one request at a time. Any thread may use it.
/// </summary>
/// <param name="roots">The host's procfs.</param>
/// <param name="samples">The samples of the last cycle: which interfaces lead out.</param>
/// <param name="bridges">Reads the host's bridges.</param>
internal sealed class LiveNetworks(HostRoots roots, LatestSamples samples, BridgeNetworks bridges)
{
    private const string ContainerMode = "container:";

    private sealed record Known(ProcessDirectory Init, long ReadNs, NetworkReading Reading);

    private sealed record Bridges(long ReadNs, ImmutableArray<DockerNetwork> All, BridgeSubnets Subnets);

    private readonly NamespaceReader _reader = new(roots.Proc);
    private readonly FileReadLock _lock = new();
    private readonly ConcurrentDictionary<long, Known> _known = [];
    private volatile Bridges? _bridges;

    /// <summary>How old a reading may be, in nanoseconds.</summary>
    internal long MaxAgeNs { get; init; } = 5_000_000_000;

    /// <summary>How long one request may read, in nanoseconds. The containers that are left keep their last reading until the next request.</summary>
    internal long BudgetNs { get; init; } = 1_000_000_000;

    /// <summary>All networks: those that containers have, and the other bridges of the host.</summary>
    /// <param name="list">All containers.</param>
    internal ImmutableArray<DockerNetwork> All(InventoryList list) => KnownNetworks.Of(Complete(list, list.Entries), CurrentBridges());

    /// <summary>Adds the networks of containers that are to be shown.</summary>
    /// <param name="list">All containers.</param>
    /// <param name="shown">Those that are shown.</param>
    /// <returns>The same containers in the same order.</returns>
    internal ImmutableArray<InventoryEntry> Complete(InventoryList list, IEnumerable<InventoryEntry> shown)
    {
        ImmutableArray<InventoryEntry> entries = [.. shown];
        InventoryEntry[] wanted = [.. entries.Where(entry => IsWanted(entry, list))];
        if (wanted.Length == 0) return entries;
        Refresh(list, wanted);
        var names = new NetworkNames(KnownNetworks.Of(list.Entries, CurrentBridges()));
        return [.. entries.Select(entry => IsWanted(entry, list) && ReadingOf(entry) is { } reading ? Completed(entry, reading, names) : entry)];
    }

    // Docker's own files name the networks, and so does the container whose network another one uses. The networks of a container inside another one
    // belong to that one.
    private static bool IsWanted(InventoryEntry entry, InventoryList list)
    {
        if (entry.IsInside || entry.Container.Live is not { Init: not null } live || !entry.Details.Networks.IsEmpty) return false;
        if (live.Identity.Runtime == ContainerRuntime.Docker && entry.Source is not null) return false;
        return entry.Details.NetworkMode is not { } mode || !mode.StartsWith(ContainerMode, StringComparison.Ordinal)
            || list.Of(mode[ContainerMode.Length..])?.Container.Live is null;
    }

    private static InventoryEntry Completed(InventoryEntry entry, NetworkReading reading, NetworkNames names) => entry with
    {
        Details = entry.Details with
        {
            Networks = names.EndpointsOf(entry.Container.Live!.Identity.Runtime, reading),
            NetworkMode = entry.Details.NetworkMode ?? (reading.IsHost ? NetworkNames.Host : null),
        },
    };

    private NetworkReading? ReadingOf(InventoryEntry entry) =>
        _known.TryGetValue(entry.Container.Live!.Key, out Known? known) && ReferenceEquals(known.Init, entry.Container.Live.Init) ? known.Reading : null;

    private ImmutableArray<DockerNetwork> CurrentBridges()
    {
        if (IsOld(_bridges?.ReadNs) && _lock.TryEnter())
        {
            try
            {
                return ReadBridges().All;
            }
            finally
            {
                _lock.Exit();
            }
        }

        return _bridges?.All ?? [];
    }

    private bool IsOld(long? readNs) => readNs is not { } ns || SystemClock.MonotonicNs() - ns >= MaxAgeNs;

    private Bridges ReadBridges()
    {
        if (_bridges is { } known && !IsOld(known.ReadNs)) return known;
        ImmutableArray<DockerNetwork> all = bridges.All();
        return _bridges = new Bridges(SystemClock.MonotonicNs(), all, _reader.ReadHost(all));
    }

    private void Refresh(InventoryList list, InventoryEntry[] wanted)
    {
        if (!wanted.Any(IsDue) || !_lock.TryEnter()) return;
        try
        {
            // Another request may have read them meanwhile.
            InventoryEntry[] due = [.. wanted.Where(IsDue).OrderBy(entry => _known.GetValueOrDefault(entry.Container.Live!.Key)?.ReadNs ?? 0)];
            if (due.Length == 0) return;
            RemoveUnlisted(list);
            BridgeSubnets host = ReadBridges().Subnets;
            Dictionary<long, HashSet<string>> inner = InnerInterfaces();
            long beginNs = SystemClock.MonotonicNs(), nowNs = beginNs;
            foreach (InventoryEntry entry in due)
            {
                Container live = entry.Container.Live!;
                NetworkReading reading = _reader.Read(live.Init!, host, inner.GetValueOrDefault(live.Key) ?? []);
                nowNs = SystemClock.MonotonicNs();
                _known[live.Key] = new Known(live.Init!, nowNs, reading);
                if (nowNs - beginNs > BudgetNs) break;
            }
        }
        finally
        {
            _lock.Exit();
        }
    }

    private bool IsDue(InventoryEntry entry) =>
        !_known.TryGetValue(entry.Container.Live!.Key, out Known? known) || !ReferenceEquals(known.Init, entry.Container.Live.Init) || IsOld(known.ReadNs);

    private void RemoveUnlisted(InventoryList list)
    {
        HashSet<long> live = [.. list.Containers.Where(container => container.Live is not null).Select(container => container.Live!.Key)];
        foreach (long key in _known.Keys)
        {
            if (!live.Contains(key)) _known.TryRemove(key, out _);
        }
    }

    // By the key of the container: bridges inside of it, for example, whose addresses nobody outside can reach. Nothing is known of a container that was
    // not sampled, or whose namespace may not be entered.
    private Dictionary<long, HashSet<string>> InnerInterfaces()
    {
        var inner = new Dictionary<long, HashSet<string>>();
        LatestCycle cycle = samples.Acquire();
        try
        {
            foreach (LatestContainer latest in cycle.Containers)
            {
                if (latest.Container.IsParent || cycle.SampleOf(latest)?.Interfaces is not { Count: > 1 } rows) continue;
                HashSet<string> names = [];
                bool isKnown = false;
                for (int i = 0; i < rows.Count; i++)
                {
                    isKnown |= rows[i].LeadsOut;
                    if (!rows[i].LeadsOut) names.Add(Encoding.Latin1.GetString(rows[i].Key));
                }

                if (isKnown) inner[latest.Container.Key] = names;
            }
        }
        finally
        {
            samples.Release(cycle);
        }

        return inner;
    }
}
