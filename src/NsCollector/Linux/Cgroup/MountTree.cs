namespace NsCollector.Linux.Cgroup;

/// <summary>The mounts of /proc/PID/mountinfo in their order (proc_pid_mountinfo(5)), to find those that later mounts hide.</summary>
internal sealed class MountTree
{
    private readonly List<(string Parent, string Point)> _mounts = [];
    private readonly Dictionary<string, int> _byId = new(StringComparer.Ordinal);

    /// <summary>How many mounts were added.</summary>
    internal int Count => _mounts.Count;

    /// <summary>Adds the mount of the next line.</summary>
    /// <param name="id">Its mount ID.</param>
    /// <param name="parent">The ID of the mount that it is mounted on.</param>
    /// <param name="point">Where it is mounted.</param>
    internal void Add(string id, string parent, string point)
    {
        _byId[id] = _mounts.Count;
        _mounts.Add((parent, point));
    }

    /// <summary>
    /// Whether a mount cannot be reached by its path, because a later one is mounted at that point or above it: systemd's
    /// TemporaryFileSystem= and container runtimes do that. What is mounted on the later mount itself is not hidden by it.
    /// </summary>
    /// <param name="number">The number of the mount, from 0, in the order in which they were added.</param>
    internal bool IsHidden(int number)
    {
        for (int later = number + 1; later < _mounts.Count; later++)
        {
            if (IsAtOrAbove(_mounts[later].Point, _mounts[number].Point) && !IsAncestor(later, number)) return true;
        }

        return false;
    }

    private static bool IsAtOrAbove(string point, string other) =>
        point == "/" || (other.StartsWith(point, StringComparison.Ordinal) && (other.Length == point.Length || other[point.Length] == '/'));

    private bool IsAncestor(int ancestor, int number)
    {
        // Each mount has one parent, so a longer way is a circle, which only a damaged text has.
        for (int steps = 0; steps < _mounts.Count; steps++)
        {
            if (!_byId.TryGetValue(_mounts[number].Parent, out int parent) || parent == number) return false;
            if (parent == ancestor) return true;
            number = parent;
        }

        return false;
    }
}
