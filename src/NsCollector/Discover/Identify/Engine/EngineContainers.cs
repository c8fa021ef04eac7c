using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// The containers that a daemon has reported, with a bound on their number. One thread writes; any thread reads without waiting.
/// </summary>
/// <param name="max">How many. Beyond that, removed ones make room, then no more are added.</param>
/// <param name="keptAfterEnd">How long a removed container is kept.</param>
internal sealed class EngineContainers(int max, TimeSpan keptAfterEnd)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private int _count;
    private int _gone;
    private int _listing;

    internal bool TryFind(string id, [NotNullWhen(true)] out EngineContainer? container)
    {
        container = _entries.TryGetValue(id, out Entry? entry) ? entry.Container : null;
        return container is not null;
    }

    /// <summary>Adds or updates a container. A known value that is not reported again stays.</summary>
    /// <param name="reported">What was reported.</param>
    /// <param name="isComplete">Whether it has all labels, as in a list. An event may leave out labels, which never change.</param>
    /// <param name="hasChanged">Whether something is new.</param>
    /// <returns>False if there is no room.</returns>
    internal bool TryPut(EngineContainer reported, bool isComplete, out bool hasChanged)
    {
        hasChanged = false;
        if (_entries.TryGetValue(reported.Id, out Entry? known))
        {
            EngineContainer now = reported with
            {
                Name = reported.Name ?? known.Container.Name,
                Image = reported.Image ?? known.Container.Image,
                Labels = isComplete || known.Container.Labels.IsEmpty ? reported.Labels : known.Container.Labels,
                Health = reported.Health ?? known.Container.Health,
                HealthyAtNs = HealthyAt(reported, known.Container),
                HealthTimeNs = 0,
            };
            hasChanged = !now.HasSameContent(known.Container);
            if (known.GoneAtMs is not null) _gone--;
            known.GoneAtMs = null;
            known.Listing = _listing;
            if (hasChanged) known.Container = now;
            return true;
        }

        if (_count >= max) ForgetGone(long.MaxValue);
        if (_count >= max) return false;
        if (reported.Health is HealthStatus.Healthy or HealthStatus.Unhealthy) reported = reported with { HealthyAtNs = 0 };
        _entries[reported.Id] = new Entry(reported) { Listing = _listing };
        _count++;
        hasChanged = true;
        return true;
    }

    /// <summary>A container was removed. It is forgotten after a while.</summary>
    internal void MarkGone(string id, long nowMs)
    {
        if (_entries.TryGetValue(id, out Entry? entry)) MarkGone(entry, nowMs);
    }

    /// <summary>Forgets containers that were removed long enough ago.</summary>
    internal void ForgetGone(long nowMs)
    {
        if (_gone == 0) return;
        foreach ((string id, Entry entry) in _entries)
        {
            if (entry.GoneAtMs is not { } goneAtMs || nowMs - goneAtMs < keptAfterEnd.TotalMilliseconds || !_entries.TryRemove(id, out _)) continue;
            _count--;
            _gone--;
        }
    }

    /// <summary>A list of all containers begins.</summary>
    internal void BeginListing() => _listing++;

    /// <summary>The list was complete: containers that were not in it are gone.</summary>
    internal void EndListing(long nowMs)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Listing != _listing) MarkGone(entry, nowMs);
        }
    }

    private static long? HealthyAt(EngineContainer reported, EngineContainer known) => reported.Health switch
    {
        null => known.HealthyAtNs,

        // It has been restarted, or was never healthy.
        HealthStatus.None or HealthStatus.Starting => null,
        HealthStatus.Healthy => known.HealthyAtNs ?? reported.HealthTimeNs,
        _ => known.HealthyAtNs,
    };

    private void MarkGone(Entry entry, long nowMs)
    {
        if (entry.GoneAtMs is not null) return;
        entry.GoneAtMs = nowMs;
        _gone++;
    }

    private sealed class Entry(EngineContainer container)
    {
        private volatile EngineContainer _container = container;

        internal EngineContainer Container
        {
            get => _container;
            set => _container = value;
        }

        internal int Listing { get; set; }

        /// <summary>Null while the container exists.</summary>
        internal long? GoneAtMs { get; set; }
    }
}
