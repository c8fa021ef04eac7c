using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Track;

/// <summary>
/// The live containers by path and by key, at most <c>discovery.max_containers</c>. For the discovery thread.
/// </summary>
internal sealed class ContainerRecords(int maxContainers)
{
    private readonly Dictionary<string, ContainerRecord> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ContainerRecord> _byKey = [];
    private readonly List<ContainerRecord> _all = [];
    private readonly Dictionary<string, int> _byOwner = new(StringComparer.Ordinal);
    private long _lastKey;

    /// <summary>All of them, also those whose cgroup is gone and whose exit is not published yet.</summary>
    internal List<ContainerRecord> All => _all;

    /// <summary>By <see cref="ContainerRecord.Key"/>.</summary>
    internal Dictionary<long, ContainerRecord> ByKey => _byKey;

    /// <summary>Whether a further container finds room.</summary>
    internal bool HasRoom => _byPath.Count < maxContainers;

    /// <summary>The container whose cgroup is at a path.</summary>
    internal bool TryFind(string path, [NotNullWhen(true)] out ContainerRecord? record) => _byPath.TryGetValue(path, out record);

    /// <summary>Adds a container; the caller has seen that there is room.</summary>
    internal ContainerRecord Add(RecognisedContainer recognised, string path, string? owner, long nowMs, bool existedAtStart, ContainerBirth? birth = null)
    {
        ContainerRecord? outer = recognised.Within is { } within ? _byPath.GetValueOrDefault(within) : null;
        var record = new ContainerRecord(++_lastKey, recognised, path, nowMs) { Owner = owner, Outer = outer, ExistedAtStart = existedAtStart, Birth = birth };
        if (owner is not null) _byOwner[owner] = CountOf(owner) + 1;
        _byPath.Add(path, record);
        _byKey.Add(record.Key, record);
        _all.Add(record);
        return record;
    }

    /// <summary>Its cgroup is gone: the path may be used by another container from now on.</summary>
    internal void ReleasePath(ContainerRecord record)
    {
        if (!_byPath.Remove(record.Path) || record.Owner is not { } owner) return;
        int left = CountOf(owner) - 1;
        if (left > 0) _byOwner[owner] = left;
        else _byOwner.Remove(owner);
    }

    /// <summary>Forgets a container whose path was released.</summary>
    internal void Remove(ContainerRecord record)
    {
        _byKey.Remove(record.Key);
        _all.Remove(record);
    }

    /// <summary>How many containers are inside an owner's cgroup.</summary>
    internal int CountOf(string owner) => _byOwner.GetValueOrDefault(owner);

    /// <summary>The owner with the most containers inside; null if there is none.</summary>
    internal string? OwnerOfMost(out int count)
    {
        string? most = null;
        count = 0;
        foreach ((string owner, int inside) in _byOwner)
        {
            if (inside <= count) continue;
            most = owner;
            count = inside;
        }

        return most;
    }
}
