using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>
/// Containers whose directory was made and removed before it could be looked at, so that nothing is known of them but that
/// they were: each is counted once, in however many hierarchies it stood, and under however many names that carry its id.
/// </summary>
/// <remarks>
/// For the discovery thread. A runtime makes the directories of a container in all hierarchies before it removes one, and
/// the kernel tells of all in that order: so once all is taken that was told, it is known which stood in none.
/// </remarks>
internal sealed class UnseenContainers
{
    // By the OCI id, which CRI-O gives to two directories of a sandbox; by the path where the id may be another's too.
    private readonly Dictionary<string, (CgroupTree Tree, string Path, int Count)> _byKey = new(StringComparer.Ordinal);

    /// <summary>One was made in a hierarchy and is gone from it.</summary>
    internal void Add(CgroupTree tree, string path, string id)
    {
        string key = KeyOf(path, id);

        // What other hierarchies tell, and other directories of the id, is the same container.
        if (!_byKey.TryGetValue(key, out (CgroupTree Tree, string Path, int Count) known)) _byKey.Add(key, (tree, path, 1));
        else if (known.Tree == tree && known.Path == path) _byKey[key] = known with { Count = known.Count + 1 };
    }

    /// <summary>One was seen: where it is lost elsewhere already, it is the one that was lost there.</summary>
    internal void Appeared(CgroupTree tree, string path, string id)
    {
        if (_byKey.Count == 0) return;
        string key = KeyOf(path, id);
        if (!_byKey.TryGetValue(key, out (CgroupTree Tree, string Path, int Count) known) || (known.Tree == tree && known.Path == path)) return;
        if (known.Count == 1) _byKey.Remove(key);
        else _byKey[key] = known with { Count = known.Count - 1 };
    }

    /// <summary>All that was told has been taken.</summary>
    /// <returns>How many were never seen, since this was last asked.</returns>
    internal int Take()
    {
        if (_byKey.Count == 0) return 0;
        int count = 0;
        foreach ((CgroupTree _, string _, int times) in _byKey.Values) count += times;
        _byKey.Clear();
        return count;
    }

    private static string KeyOf(string path, string id) => OciId.Is(id) ? id : path;
}
