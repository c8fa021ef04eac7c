namespace NsCollector.Discover.Recognise;

/// <summary>The last elements of a cgroup's path. Each is empty if the path is shorter.</summary>
internal readonly ref struct CgroupPath
{
    /// <param name="path">The path below the hierarchy's root; one without a leading slash has no elements.</param>
    internal CgroupPath(ReadOnlySpan<char> path)
    {
        if (path.IsEmpty || path[0] != '/') return;
        Last = CutLast(path, out ReadOnlySpan<char> above);
        Above = above;
        Parent = CutLast(above, out above);
        Grandparent = CutLast(above, out _);
    }

    /// <summary>The cgroup's own name.</summary>
    internal ReadOnlySpan<char> Last { get; }

    /// <summary>The name of the parent cgroup.</summary>
    internal ReadOnlySpan<char> Parent { get; }

    /// <summary>The name of the grandparent cgroup.</summary>
    internal ReadOnlySpan<char> Grandparent { get; }

    /// <summary>The path of the parent cgroup, without a trailing slash; empty for the root.</summary>
    internal ReadOnlySpan<char> Above { get; }

    /// <summary>The last element of a path: a cgroup's own name.</summary>
    internal static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> path) => CutLast(path, out _);

    /// <summary>Removes the last element from a path.</summary>
    /// <param name="path">Elements, each after a slash.</param>
    /// <param name="above">The path without the element and its slash.</param>
    internal static ReadOnlySpan<char> CutLast(ReadOnlySpan<char> path, out ReadOnlySpan<char> above)
    {
        int slash = path.LastIndexOf('/');
        above = slash < 0 ? [] : path[..slash];
        return path[(slash + 1)..];
    }
}
