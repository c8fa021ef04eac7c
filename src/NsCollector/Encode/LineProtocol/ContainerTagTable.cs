using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Telemetry;

namespace NsCollector.Encode.LineProtocol;

/// <summary>The escaped tags of all containers of the current list. Used on the sampling thread, except for <see cref="SetHost"/>.</summary>
/// <param name="options">What every point carries.</param>
/// <param name="make">Builds the tags of a container.</param>
/// <param name="unchanged">Writes the last points of a series that ends.</param>
/// <param name="counters">Counts tags that are left out.</param>
internal sealed class ContainerTagTable(
    EncodeOptions options, Func<Container, EncodeOptions, ContainerTags> make, UnchangedPoints unchanged, AgentCounters counters)
{
    private readonly Dictionary<long, ContainerTags> _tags = [];
    private EncodeOptions _options = options;
    private ContainerList _containers = ContainerList.Empty;
    private string? _newHost;

    /// <summary>The value of the tag <c>host</c>.</summary>
    internal string Host => _options.Host;

    /// <summary>Changes the tag <c>host</c> of all points from the next <see cref="Begin"/> on. Any thread may call it.</summary>
    internal void SetHost(string host) => Volatile.Write(ref _newHost, host);

    /// <summary>Begins a cycle or births with this list.</summary>
    /// <returns>Whether the host's name has changed.</returns>
    internal bool Begin(ContainerList containers)
    {
        bool hasNewHost = Volatile.Read(ref _newHost) is not null && ApplyHost();
        if (ReferenceEquals(containers, _containers)) return hasNewHost;
        ImmutableArray<Container> before = _containers.Containers;
        _containers = containers;

        // Both are in the order of Key.
        int old = 0;
        foreach (Container container in containers.Containers)
        {
            while (old < before.Length && before[old].Key < container.Key) Forget(before[old++].Key);
            if (old < before.Length && before[old].Key == container.Key) old++;
            if (_tags.TryGetValue(container.Key, out ContainerTags? tags))
            {
                if (SameTags(tags.Container, container)) continue;
                unchanged.WritePending(tags.Series);
            }

            _tags[container.Key] = Make(container);
        }

        while (old < before.Length) Forget(before[old++].Key);
        return hasNewHost;
    }

    /// <summary>The tags of a container of the current list; null if it is not in it.</summary>
    internal ContainerTags? Find(Container container) => _tags.GetValueOrDefault(container.Key);

    /// <summary>The tags for an event of a container, which may not be in the current list, or in any.</summary>
    internal ContainerTags ForEvent(Container container) =>
        _tags.TryGetValue(container.Key, out ContainerTags? tags) && SameTags(tags.Container, container) ? tags : Make(container);

    /// <summary>Writes the last points of a container that were left out.</summary>
    internal void WritePending(Container container)
    {
        if (_tags.TryGetValue(container.Key, out ContainerTags? tags)) unchanged.WritePending(tags.Series);
    }

    /// <summary>Writes the last points of all containers that were left out.</summary>
    internal void WriteAllPending()
    {
        foreach (ContainerTags tags in _tags.Values) unchanged.WritePending(tags.Series);
    }

    private static bool SameTags(Container before, Container now) => before.IdTag == now.IdTag && before.Identity == now.Identity;

    private bool ApplyHost()
    {
        if (Interlocked.Exchange(ref _newHost, null) is not { } host) return false;
        _options = _options with { Host = host };
        foreach (Container container in _containers.Containers)
        {
            WritePending(container);
            _tags[container.Key] = Make(container);
        }

        return true;
    }

    private void Forget(long key)
    {
        if (_tags.Remove(key, out ContainerTags? tags)) unchanged.WritePending(tags.Series);
    }

    private ContainerTags Make(Container container)
    {
        ContainerTags tags = make(container, _options);
        counters.Add(AgentCounter.TagsLeftOut, tags.TagsLeftOut);
        return tags;
    }
}
