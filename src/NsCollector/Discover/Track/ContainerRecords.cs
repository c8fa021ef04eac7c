using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// The live containers by path and by key, at most <c>discovery.max_containers</c>; further ones wait for room. For the
/// discovery thread.
/// </summary>
internal sealed class ContainerRecords(int maxContainers, AgentCounters counters, RateLimitedLog log)
{
    private readonly Dictionary<string, ContainerRecord> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ContainerRecord> _byKey = [];
    private readonly List<ContainerRecord> _all = [];
    private readonly Dictionary<string, List<(CgroupTree Tree, CgroupNode Node)>> _overLimit = new(StringComparer.Ordinal);
    private long _lastKey;

    /// <summary>All of them, also those whose cgroup is gone and whose exit is not published yet.</summary>
    internal List<ContainerRecord> All => _all;

    /// <summary>By <see cref="ContainerRecord.Key"/>.</summary>
    internal Dictionary<long, ContainerRecord> ByKey => _byKey;

    /// <summary>Whether a further container finds room.</summary>
    internal bool HasRoom => _byPath.Count < maxContainers;

    /// <summary>The container whose cgroup is at a path.</summary>
    internal bool TryFind(string path, [NotNullWhen(true)] out ContainerRecord? record) => _byPath.TryGetValue(path, out record);

    /// <summary>Whether a container at this path is known, with or without room.</summary>
    internal bool IsKnown(string path) => _byPath.ContainsKey(path) || _overLimit.ContainsKey(path);

    /// <summary>Adds a container; the caller has seen that there is room.</summary>
    internal ContainerRecord Add(RecognisedContainer recognised, string path, long nowMs, bool existedAtStart)
    {
        var record = new ContainerRecord(++_lastKey, recognised, path, nowMs) { ExistedAtStart = existedAtStart };
        _byPath.Add(path, record);
        _byKey.Add(record.Key, record);
        _all.Add(record);
        return record;
    }

    /// <summary>Its cgroup is gone: the path may be used by another container from now on.</summary>
    internal void ReleasePath(ContainerRecord record) => _byPath.Remove(record.Path);

    /// <summary>Forgets a container whose path was released.</summary>
    internal void Remove(ContainerRecord record)
    {
        _byKey.Remove(record.Key);
        _all.Remove(record);
    }

    /// <summary>Keeps a directory of a container for which there is no room.</summary>
    internal void Defer(CgroupTree tree, CgroupNode node)
    {
        if (_overLimit.TryGetValue(node.Path, out List<(CgroupTree, CgroupNode)>? directories))
        {
            directories.Add((tree, node));
            return;
        }

        _overLimit.Add(node.Path, [(tree, node)]);
        counters.Add(AgentCounter.ContainersOverLimit);
        log.Warning("max_containers", $"More than {maxContainers} containers: the rest is not sampled. Raise discovery.max_containers");
    }

    /// <summary>A directory that waits for room is gone.</summary>
    internal void ForgetDeferred(CgroupTree tree, CgroupNode node)
    {
        if (_overLimit.TryGetValue(node.Path, out List<(CgroupTree, CgroupNode)>? directories) && directories.Remove((tree, node)) && directories.Count == 0)
            _overLimit.Remove(node.Path);
    }

    /// <summary>Takes out a container that waits, if there is room for it now.</summary>
    internal bool TryAdmit([NotNullWhen(true)] out List<(CgroupTree Tree, CgroupNode Node)>? directories)
    {
        directories = null;
        if (_overLimit.Count == 0 || !HasRoom) return false;
        string path = _overLimit.First().Key;
        return _overLimit.Remove(path, out directories);
    }
}
