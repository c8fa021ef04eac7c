namespace NsCollector.Linux;

/// <summary>The mounts of /proc/PID/mountinfo in their order, to find those that later mounts hide.</summary>
internal sealed class MountTree
{
    private readonly List<MountInfo> _mounts = [];
    private readonly Dictionary<string, int> _byId = new(StringComparer.Ordinal);

    /// <summary>How many mounts there are.</summary>
    internal int Count => _mounts.Count;

    /// <summary>A mount, by its number in the order of the lines, from 0.</summary>
    internal MountInfo this[int number] => _mounts[number];

    /// <summary>Parses the text of mountinfo. Malformed lines are ignored.</summary>
    /// <param name="mountinfo">The text.</param>
    /// <param name="decode">Converts a path after its octal escapes are decoded; null: no conversion.</param>
    internal static MountTree Parse(string mountinfo, Func<string, string>? decode = null)
    {
        var tree = new MountTree();
        foreach (ReadOnlySpan<char> line in mountinfo.AsSpan().EnumerateLines())
        {
            if (MountInfo.Parse(line.ToString()) is not { } mount) continue;
            if (decode is not null) mount = mount with { Root = decode(mount.Root), Point = decode(mount.Point) };
            tree._byId[mount.Id] = tree._mounts.Count;
            tree._mounts.Add(mount);
        }

        return tree;
    }

    /// <summary>
    /// Whether a mount cannot be reached by its path, because a later one is mounted at that point or above it: systemd's
    /// TemporaryFileSystem= and container runtimes do that. What is mounted on the later mount itself is not hidden by it.
    /// </summary>
    /// <param name="number">The number of the mount.</param>
    internal bool IsHidden(int number)
    {
        HashSet<int>? ancestors = null;
        for (int later = number + 1; later < _mounts.Count; later++)
        {
            if (_mounts[later].Contains(_mounts[number].Point) && !(ancestors ??= AncestorsOf(number)).Contains(later)) return true;
        }

        return false;
    }

    /// <summary>The number of the mount on which a mount is mounted; -1 if it is not in the text.</summary>
    internal int ParentOf(int number) => _byId.TryGetValue(_mounts[number].Parent, out int parent) && parent != number ? parent : -1;

    /// <summary>The mount in which a path lies; -1 if there is none.</summary>
    internal int Find(string path)
    {
        int found = -1;
        for (int number = 0; number < _mounts.Count; number++)
        {
            // Of two at the same point the later one is on top.
            if (_mounts[number].Contains(path) && (found < 0 || _mounts[number].Point.Length >= _mounts[found].Point.Length)) found = number;
        }

        return found;
    }

    private HashSet<int> AncestorsOf(int number)
    {
        // Each mount has one parent, so a mount that is seen again means a cycle, which only a damaged text can contain.
        HashSet<int> ancestors = [];
        for (int parent = ParentOf(number); parent >= 0 && ancestors.Add(parent);) parent = ParentOf(parent);
        return ancestors;
    }
}
