using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>One directory of a cgroup hierarchy as the last walk saw it.</summary>
internal sealed class CgroupNode(CgroupNode? parent, ulong inode, byte[] name, string path, RecognisedContainer? recognised)
{
    /// <summary>Null for the root of the hierarchy.</summary>
    internal CgroupNode? Parent { get; } = parent;

    /// <summary>With the name, it distinguishes a directory from a later one in its place: kernfs assigns inode numbers in sequence.</summary>
    internal ulong Inode { get; } = inode;

    /// <summary>The directory's name, with a NUL byte, for system calls.</summary>
    internal byte[] NameWithNul { get; } = name;

    /// <summary>The cgroup path, with a leading slash.</summary>
    internal string Path { get; } = path;

    /// <summary>The cgroup's own name.</summary>
    internal ReadOnlySpan<char> Name => CgroupPath.NameOf(Path);

    /// <summary>Which container this is, if it is one.</summary>
    internal RecognisedContainer? Recognised { get; } = recognised;

    /// <summary>Whether discovery tracks that container. If not, the cgroup may only be named like one.</summary>
    internal bool IsAdmitted { get; set; }

    /// <summary>Whether it can be opened by its path: not if the path is too long, or a name in it is not UTF-8.</summary>
    internal bool IsOpenable { get; init; } = true;

    /// <summary>The outermost container that it is or is inside; null outside containers.</summary>
    internal CgroupNode? OutermostContainer { get; set; }

    /// <summary>How many directories are inside it, if it is an outermost container.</summary>
    internal int DirectoriesInside { get; set; }

    /// <summary>How many of them are watched, if it is an outermost container.</summary>
    internal int WatchedInside { get; set; }

    /// <summary>Whether it is one of them.</summary>
    internal bool IsWatchedInside { get; set; }

    /// <summary>The directories below, by inode number.</summary>
    internal Dictionary<ulong, CgroupNode>? Children { get; set; }

    /// <summary>The number of the walk that saw it last.</summary>
    internal long SeenInWalk { get; set; }

    /// <summary>Whether it is, or once was, above a container that was admitted.</summary>
    internal bool HeldContainers { get; set; }

    /// <summary>The number of its inotify watch; 0 if it has none.</summary>
    internal int Watch { get; set; }

    /// <summary>Whether it is watched because containers are likely to be created in it.</summary>
    internal bool IsWatchedAsLikely { get; set; }
}
