namespace NsCollector.Discover.Walk;

/// <summary>
/// Containers whose directory was made and removed before it could be looked at, so that nothing is known of them but that
/// they were: each is counted once, in however many hierarchies it stood.
/// </summary>
/// <remarks>
/// For the discovery thread. A runtime makes the directories of a container in all hierarchies before it removes one, and
/// the kernel tells of all in that order: so once all is taken that was told, it is known which stood in none.
/// </remarks>
internal sealed class UnseenContainers
{
    private readonly Dictionary<string, (CgroupTree Tree, int Count)> _byPath = new(StringComparer.Ordinal);

    /// <summary>One was made in a hierarchy and is gone from it.</summary>
    internal void Add(CgroupTree tree, string path)
    {
        // What the other hierarchies tell of the same path is the same container.
        if (!_byPath.TryGetValue(path, out (CgroupTree Tree, int Count) known)) _byPath.Add(path, (tree, 1));
        else if (known.Tree == tree) _byPath[path] = (tree, known.Count + 1);
    }

    /// <summary>One was seen: where another hierarchy has lost it already, it is the one that was lost there.</summary>
    internal void Appeared(CgroupTree tree, string path)
    {
        if (_byPath.Count == 0 || !_byPath.TryGetValue(path, out (CgroupTree Tree, int Count) known) || known.Tree == tree) return;
        if (known.Count == 1) _byPath.Remove(path);
        else _byPath[path] = (known.Tree, known.Count - 1);
    }

    /// <summary>All that was told has been taken.</summary>
    /// <returns>How many were never seen, since this was last asked.</returns>
    internal int Take()
    {
        if (_byPath.Count == 0) return 0;
        int count = 0;
        foreach ((CgroupTree _, int times) in _byPath.Values) count += times;
        _byPath.Clear();
        return count;
    }
}
