using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// The containers that a daemon has told of, at most so many. One thread writes; any thread reads, and never waits.
/// </summary>
/// <param name="most">How many; past it those that are gone make room, and then no more are taken.</param>
/// <param name="kept">How long those are kept that are gone.</param>
internal sealed class EngineContainers(int most, TimeSpan kept)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // In the order in which they went. One that came back has another time in its entry, or none.
    private readonly Queue<(string Id, long GoneAtMilliseconds)> _gone = new();
    private int _count;
    private int _listing;

    /// <summary>How many there are.</summary>
    internal int Count => _count;

    internal bool TryFind(string id, [NotNullWhen(true)] out EngineContainer? container)
    {
        container = _entries.TryGetValue(id, out Entry? entry) ? entry.Container : null;
        return container is not null;
    }

    /// <summary>Takes what was told of a container. What was known and is not told again stays.</summary>
    /// <param name="told">What was told.</param>
    /// <param name="isWhole">
    /// Whether that is all there is to tell, as in a list. An event may leave labels out, which a container has from its
    /// making to its end.
    /// </param>
    /// <param name="hasChanged">Whether it says something new.</param>
    /// <returns>False where there is no room.</returns>
    internal bool TryPut(EngineContainer told, bool isWhole, out bool hasChanged)
    {
        hasChanged = false;
        if (_entries.TryGetValue(told.Id, out Entry? known))
        {
            EngineContainer now = told with
            {
                Name = told.Name ?? known.Container.Name,
                Image = told.Image ?? known.Container.Image,
                Labels = isWhole || known.Container.Labels.IsEmpty ? told.Labels : known.Container.Labels,
            };
            hasChanged = !now.Says(known.Container);
            known.GoneAtMilliseconds = 0;
            known.Listing = _listing;
            if (hasChanged) known.Container = now;
            return true;
        }

        if (_count >= most && !TryForgetOne()) return false;
        _entries[told.Id] = new Entry(told) { Listing = _listing };
        _count++;
        hasChanged = true;
        return true;
    }

    /// <summary>A container is gone: forgotten after a while.</summary>
    internal void MarkGone(string id, long nowMilliseconds)
    {
        if (!_entries.TryGetValue(id, out Entry? entry) || entry.GoneAtMilliseconds != 0) return;
        entry.GoneAtMilliseconds = Math.Max(1, nowMilliseconds);
        // Only who comes and goes without end gets there.
        if (_gone.Count >= most * 2L) ForgetIfGone(_gone.Dequeue());
        _gone.Enqueue((id, entry.GoneAtMilliseconds));
    }

    /// <summary>Forgets those that have been gone for long enough.</summary>
    internal void ForgetGone(long nowMilliseconds)
    {
        while (_gone.TryPeek(out (string Id, long At) oldest) && nowMilliseconds - oldest.At >= kept.TotalMilliseconds) ForgetIfGone(_gone.Dequeue());
    }

    /// <summary>A list of all begins.</summary>
    internal void BeginListing() => _listing++;

    /// <summary>The list was whole: what was not in it is gone.</summary>
    internal void EndListing(long nowMilliseconds)
    {
        foreach ((string id, Entry entry) in _entries)
        {
            if (entry.Listing != _listing) MarkGone(id, nowMilliseconds);
        }
    }

    private bool TryForgetOne()
    {
        int before = _count;
        while (_count == before && _gone.TryDequeue(out (string, long) oldest)) ForgetIfGone(oldest);
        return _count < before;
    }

    private void ForgetIfGone((string Id, long AtMilliseconds) gone)
    {
        if (_entries.TryGetValue(gone.Id, out Entry? entry) && entry.GoneAtMilliseconds == gone.AtMilliseconds && _entries.TryRemove(gone.Id, out _)) _count--;
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

        /// <summary>0 while it is there.</summary>
        internal long GoneAtMilliseconds { get; set; }
    }
}
