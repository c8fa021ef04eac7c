using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>One directory of a cgroup hierarchy as the last walk saw it.</summary>
internal sealed class CgroupNode(CgroupNode? parent, ulong inode, byte[] name, string path, RecognisedContainer? recognised)
{
    /// <summary>Null for the root of the hierarchy.</summary>
    internal CgroupNode? Parent { get; } = parent;

    /// <summary>Together with the name this tells a directory from one made later in its place: kernfs hands out inode numbers in turn.</summary>
    internal ulong Inode { get; } = inode;

    /// <summary>The directory's name, ending in a NUL byte, as system calls want it.</summary>
    internal byte[] NameWithNul { get; } = name;

    /// <summary>The cgroup path, with a leading slash.</summary>
    internal string Path { get; } = path;

    /// <summary>Which container this is, if it is one.</summary>
    internal RecognisedContainer? Recognised { get; } = recognised;

    /// <summary>Whether its path, a text, leads to it: not where a name on the way is no UTF-8, or where the path is too long.</summary>
    internal bool IsOpenable { get; init; } = true;

    /// <summary>The container that it is or stands in; of nested ones the outermost. Null outside of containers.</summary>
    internal CgroupNode? OutermostContainer { get; set; }

    /// <summary>How many directories stand inside it, if it is an outermost container.</summary>
    internal int DirectoriesInside { get; set; }

    /// <summary>The directories below, by inode number.</summary>
    internal Dictionary<ulong, CgroupNode>? Children { get; set; }

    /// <summary>The number of the walk that saw it last.</summary>
    internal long SeenInWalk { get; set; }

    /// <summary>Whether it is, or once was, above a container.</summary>
    internal bool HeldContainers { get; set; }

    /// <summary>The number of its inotify watch; 0 where it has none.</summary>
    internal int Watch { get; set; }

    /// <summary>Whether it is watched because containers are to be expected in it.</summary>
    internal bool IsWatchedAsLikely { get; set; }
}
