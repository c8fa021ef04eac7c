using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>
/// Containers whose directory was created and removed before it could be read. Only their existence is known. Each is counted
/// once, whatever the number of its hierarchies and of names that contain its id.
/// </summary>
/// <remarks>
/// For the discovery thread. A runtime creates the directories of a container in all hierarchies before it removes one, and
/// the kernel reports them in that order. So once all reports are processed, it is clear which were never seen.
/// </remarks>
internal sealed class UnseenContainers
{
    // By the OCI id, which CRI-O uses for two directories of a sandbox; by the path if the id may be ambiguous.
    private readonly Dictionary<string, (CgroupTree Tree, string Path, int Count)> _byKey = new(StringComparer.Ordinal);

    /// <summary>A container's directory was created in a hierarchy and is gone.</summary>
    internal void Add(CgroupTree tree, string path, string id)
    {
        string key = KeyOf(path, id);

        // Reports of other hierarchies, and of other directories with the id, are about the same container.
        if (!_byKey.TryGetValue(key, out (CgroupTree Tree, string Path, int Count) known)) _byKey.Add(key, (tree, path, 1));
        else if (known.Tree == tree && known.Path == path) _byKey[key] = known with { Count = known.Count + 1 };
    }

    /// <summary>A container was seen. If it was missed in another hierarchy, it does not count as missed.</summary>
    internal void Appeared(CgroupTree tree, string path, string id)
    {
        if (_byKey.Count == 0) return;
        string key = KeyOf(path, id);
        if (!_byKey.TryGetValue(key, out (CgroupTree Tree, string Path, int Count) known) || (known.Tree == tree && known.Path == path)) return;
        if (known.Count == 1) _byKey.Remove(key);
        else _byKey[key] = known with { Count = known.Count - 1 };
    }

    /// <summary>All reports have been processed.</summary>
    /// <returns>How many containers were never seen since the last call.</returns>
    internal int CountAndClear()
    {
        if (_byKey.Count == 0) return 0;
        int count = 0;
        foreach ((CgroupTree _, string _, int times) in _byKey.Values) count += times;
        _byKey.Clear();
        return count;
    }

    private static string KeyOf(string path, string id) => OciId.Is(id) ? id : path;
}
