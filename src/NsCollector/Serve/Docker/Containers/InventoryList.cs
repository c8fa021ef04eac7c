using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>All containers at one time, newest first, and how they are found. Immutable.</summary>
internal sealed class InventoryList
{
    private readonly string[] _ids;
    private readonly Dictionary<string, InventoryEntry> _byId;
    private readonly Dictionary<string, InventoryEntry> _byName;

    /// <param name="entries">The containers, in any order. Ids and names are unique.</param>
    internal InventoryList(IEnumerable<InventoryEntry> entries)
    {
        Entries = [.. entries.OrderByDescending(entry => entry.Details.CreatedNs).ThenBy(entry => entry.Container.Id, StringComparer.Ordinal)];
        Containers = [.. Entries.Select(entry => entry.Container)];
        _byId = Entries.ToDictionary(entry => entry.Container.Id, StringComparer.Ordinal);
        _byName = Entries.ToDictionary(entry => entry.Container.Name, StringComparer.Ordinal);
        _ids = [.. _byId.Keys.Order(StringComparer.Ordinal)];
        Links = new LinkNames(this);
        foreach ((string name, string id) in Links.Targets) _byName.TryAdd(name, _byId[id]);
    }

    /// <summary>The containers, newest first.</summary>
    internal ImmutableArray<InventoryEntry> Entries { get; }

    /// <summary>The same without details.</summary>
    internal ImmutableArray<DockerContainer> Containers { get; }

    /// <summary>The names that links give to containers.</summary>
    internal LinkNames Links { get; }

    /// <summary>A container by its whole id; null if there is none.</summary>
    internal InventoryEntry? Of(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Finds a container: by its whole id, else by its name, else by a prefix of its id (GetContainer of moby daemon/container.go).</summary>
    /// <param name="reference">Hostile.</param>
    internal DockerContainerMatch Find(string reference)
    {
        if (reference.Length == 0) return default;
        string name = reference[0] == '/' ? reference[1..] : reference;
        if ((_byId.GetValueOrDefault(reference) ?? _byName.GetValueOrDefault(name)) is { } entry) return new DockerContainerMatch(entry.Container, false);

        // The first id that is not before the prefix.
        int index = Array.BinarySearch(_ids, reference, StringComparer.Ordinal);
        int first = index < 0 ? ~index : index;
        if (first == _ids.Length || !_ids[first].StartsWith(reference, StringComparison.Ordinal)) return default;
        bool isAmbiguous = first + 1 < _ids.Length && _ids[first + 1].StartsWith(reference, StringComparison.Ordinal);
        return isAmbiguous ? new DockerContainerMatch(null, true) : new DockerContainerMatch(_byId[_ids[first]].Container, false);
    }
}
