using System.Text;
using System.Text.Unicode;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// The directories of one cgroup hierarchy, kept between walks. A walk lists only directories that have subdirectories. For
/// the others it reads the number of links, which on kernfs is two more than the number of subdirectories: the sixty files
/// of a leaf are never listed. A walk that finds no change allocates nothing.
/// </summary>
internal sealed class CgroupTree
{
    /// <summary>The maximum depth that is walked: systemd in a container in a kind node in Docker is at 12.</summary>
    private const int MaxDepth = 24;

    /// <summary>
    /// The longest path of a directory, in bytes: nothing can be opened by a path beyond PATH_MAX, and the longest file name
    /// in it needs room.
    /// </summary>
    private const int MaxPathBytes = 4096 - 256;

    /// <summary>How many directories inside one container are watched only because of their names.</summary>
    private const int MaxWatchedInside = 128;

    private const int BufferBytes = 16 * 1024;

    private readonly DiscoverOptions _options;
    private readonly ContainerRecognisers _recognisers;
    private readonly ICgroupTreeObserver _observer;
    private readonly AgentCounters _counters;
    private readonly CgroupWatches? _watches;
    private readonly ContainerParents _parents;
    private readonly CgroupNode _root;
    private readonly byte[] _rootPath;
    private readonly byte[]?[] _buffers = new byte[]?[MaxDepth + 1];
    private readonly byte[] _openPath = new byte[4096];
    private readonly List<CgroupNode> _gone = [];
    private long _walk;
    private int _directories;
    private int _leftOut;
    private int _maxLeftOut;

    /// <param name="hierarchy">The hierarchy.</param>
    /// <param name="options">Its bounds.</param>
    /// <param name="recognisers">Decide which directories are containers.</param>
    /// <param name="observer">Receives containers that appear and disappear.</param>
    /// <param name="counters">Counts what could not be read, and what was left out.</param>
    /// <param name="watches">Watches the directories in which containers may be created; null: none is watched.</param>
    internal CgroupTree(
        CgroupHierarchy hierarchy, DiscoverOptions options, ContainerRecognisers recognisers, ICgroupTreeObserver observer, AgentCounters counters,
        CgroupWatches? watches = null)
    {
        Hierarchy = hierarchy;
        _options = options;
        _recognisers = recognisers;
        _observer = observer;
        _counters = counters;
        _watches = watches;
        _parents = recognisers.Parents;
        _root = new CgroupNode(null, 0, ".\0"u8.ToArray(), hierarchy.Root == "/" ? "" : hierarchy.Root, null);
        _rootPath = Encoding.UTF8.GetBytes(hierarchy.MountPoint + "\0");
    }

    internal CgroupHierarchy Hierarchy { get; }

    /// <summary>Walks the whole hierarchy and reports what appeared and disappeared, in the order in which it is found.</summary>
    internal void Walk()
    {
        _walk++;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _rootPath, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (descriptor < 0)
        {
            _counters.Add(AgentCounter.DiscoveryErrors);
            return;
        }

        _leftOut = 0;
        Watch(_root);
        WalkDirectory(descriptor, _root, depth: 0);
        Libc.Close(descriptor);

        // The same ones are left out in each walk: only an increase beyond the maximum so far is counted.
        if (_leftOut <= _maxLeftOut) return;
        _counters.Add(AgentCounter.CgroupsOverLimit, _leftOut - _maxLeftOut);
        _maxLeftOut = _leftOut;
    }

    /// <summary>Adds a directory that was created, and what is below it by now.</summary>
    /// <param name="parent">Where it was created.</param>
    /// <param name="nameWithNul">Its name, with a NUL byte.</param>
    internal void AddCreated(CgroupNode parent, ReadOnlySpan<byte> nameWithNul)
    {
        int directory = OpenDirectory(parent);
        int entered = directory < 0 ? directory : EnterNamed(directory, parent, nameWithNul, DepthOf(parent));
        if (directory >= 0) Libc.Close(directory);
        if (entered is not (-Errno.ENOENT or -Errno.ENODEV)) return;

        ReadOnlySpan<byte> name = nameWithNul[..^1];
        if (!TryMakePath(parent, name, out string path)) return;
        // Inside a container the name alone says nothing, unless containers were admitted there.
        if (parent is { OutermostContainer: { } container, HeldContainers: false } && DelegatedCgroup.IsContainer(container)) return;
        if (Recognise(parent, path) is { } recognised) _observer.CameAndWent(this, path, recognised);
    }

    /// <summary>Removes a directory, unless it exists again under its name.</summary>
    /// <param name="parent">Where it was removed.</param>
    /// <param name="nameWithNul">Its name, with a NUL byte.</param>
    internal void RemoveDeleted(CgroupNode parent, ReadOnlySpan<byte> nameWithNul)
    {
        if (parent.Children is not { } children) return;
        CgroupNode? gone = null;
        foreach (CgroupNode child in children.Values)
        {
            if (!nameWithNul.SequenceEqual(child.NameWithNul)) continue;
            gone = child;
            break;
        }

        if (gone is null) return;
        int directory = OpenDirectory(parent);
        if (directory < 0)
        {
            if (directory is -Errno.ENOENT or -Errno.ENODEV) Remove(parent, gone);
            return;
        }

        int found = Libc.Statx(directory, nameWithNul, out FileStatus status);
        Libc.Close(directory);
        if (found == 0 && status.Inode != gone.Inode) found = -Errno.ENOENT;
        if (found is -Errno.ENOENT or -Errno.ENODEV) Remove(parent, gone);
    }

    /// <summary>Opens a file of a cgroup of this hierarchy. Allocates nothing.</summary>
    /// <param name="node">The cgroup's directory.</param>
    /// <param name="fileWithNul">The file's name, with a NUL byte.</param>
    /// <returns>A descriptor, or -errno.</returns>
    internal int Open(CgroupNode node, ReadOnlySpan<byte> fileWithNul)
    {
        int length = WritePath(node);
        if (length < 0 || length + fileWithNul.Length > _openPath.Length) return -Errno.ENAMETOOLONG;
        fileWithNul.CopyTo(_openPath.AsSpan(length));
        return Libc.Openat(Libc.AT_FDCWD, _openPath.AsSpan(0, length + fileWithNul.Length));
    }

    /// <summary>Watches the directories above a container, in which others may be created.</summary>
    internal void MarkHolder(CgroupNode node)
    {
        for (CgroupNode? above = node.Parent; above is { HeldContainers: false }; above = above.Parent)
        {
            above.HeldContainers = true;
            Watch(above);
        }
    }

    /// <summary>Writes a directory's path with a trailing slash, by the bytes of its names; -1 if it does not fit.</summary>
    private int WritePath(CgroupNode node)
    {
        ReadOnlySpan<byte> name = node.Parent is null ? _rootPath : node.NameWithNul;
        int length = node.Parent is null ? 0 : WritePath(node.Parent);
        if (length < 0 || length + name.Length > _openPath.Length) return -1;
        name.CopyTo(_openPath.AsSpan(length));
        length += name.Length;
        _openPath[length - 1] = (byte)'/';
        return length;
    }

    private void WalkDirectory(int directory, CgroupNode node, int depth)
    {
        var entries = new DirectoryEntries(directory, _buffers[depth] ??= new byte[BufferBytes]);
        while (entries.MoveNext())
        {
            if (entries.Type is not (Libc.DT_DIR or Libc.DT_UNKNOWN)) continue;
            ReadOnlySpan<byte> name = entries.NameWithNul;
            if (name.Length > 1 && !name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8)) EnterNamed(directory, node, name, depth);
        }

        if (entries.Error < 0)
        {
            // If it was removed meanwhile, its parent will show that. Otherwise, what was not listed may still exist.
            if (entries.Error is not (-Errno.ENOENT or -Errno.ENODEV)) _counters.Add(AgentCounter.DiscoveryErrors);
            return;
        }

        if (node.Children is { Count: > 0 }) RemoveUnseen(node);
    }

    /// <returns>0, or -errno if the directory cannot be looked up.</returns>
    private int EnterNamed(int directory, CgroupNode parent, ReadOnlySpan<byte> name, int depth)
    {
        int found = Libc.Statx(directory, name, out FileStatus status);
        if (found < 0) return found;
        if (status.IsDirectory && FindOrAdd(parent, status.Inode, name) is { } node) Descend(directory, node, status, depth);
        return 0;
    }

    private void Descend(int directory, CgroupNode node, FileStatus status, int depth)
    {
        ReadOnlySpan<byte> name = node.NameWithNul;
        node.SeenInWalk = _walk;

        // Watched before it is read, so that nothing created in between is missed.
        if (Watch(node) && Libc.Statx(directory, name, out status) < 0) return;

        // If it is 1, the file system is not kernfs, and the number says nothing.
        if (status.Links == 2)
        {
            if (node.Children is { Count: > 0 }) RemoveUnseen(node);
            return;
        }

        if (depth + 1 > MaxDepth)
        {
            _counters.Add(AgentCounter.DiscoveryErrors);
            return;
        }

        int descriptor = Libc.Openat(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (descriptor < 0)
        {
            if (descriptor is not (-Errno.ENOENT or -Errno.ENODEV)) _counters.Add(AgentCounter.DiscoveryErrors);
            return;
        }

        WalkDirectory(descriptor, node, depth + 1);
        Libc.Close(descriptor);
    }

    private CgroupNode? FindOrAdd(CgroupNode parent, ulong inode, ReadOnlySpan<byte> nameWithNul)
    {
        if (parent.Children is { } children && children.TryGetValue(inode, out CgroupNode? known))
        {
            if (nameWithNul.SequenceEqual(known.NameWithNul)) return known;
            Remove(parent, known);
        }

        CgroupNode? container = parent.OutermostContainer;
        if (_directories >= _options.MaxCgroups || container?.DirectoriesInside >= _options.MaxCgroupsInContainer)
        {
            _leftOut++;
            return null;
        }

        bool isOpenable = TryMakePath(parent, nameWithNul[..^1], out string path);
        if (!isOpenable && parent.IsOpenable) _counters.Add(AgentCounter.DiscoveryErrors);
        var node = new CgroupNode(parent, inode, nameWithNul.ToArray(), path, isOpenable ? Recognise(parent, path) : null)
        {
            IsOpenable = isOpenable,
            OutermostContainer = container,
        };
        if (container is not null) container.DirectoriesInside++;
        else if (node.Recognised is not null) node.OutermostContainer = node;
        (parent.Children ??= []).Add(inode, node);
        _directories++;
        if (node.Recognised is not null)
        {
            // Inside a container the name alone says nothing.
            if (container is null || !DelegatedCgroup.IsContainer(container)) MarkHolder(node);
            _observer.Appeared(this, node);
        }

        return node;
    }

    private RecognisedContainer? Recognise(CgroupNode parent, string path)
    {
        if (_recognisers.Recognise(path) is not { } recognised) return null;
        for (CgroupNode? above = parent; above is not null; above = above.Parent)
        {
            // A service may run a runtime of the host, such as podman's quadlets.
            if (DelegatedCgroup.IsContainer(above)) return recognised with { Within = above.Path };
        }

        return recognised;
    }

    /// <returns>Whether it can be opened by that path: the rest of the agent keeps paths as text, and other bytes than UTF-8 would be lost.</returns>
    private bool TryMakePath(CgroupNode parent, ReadOnlySpan<byte> name, out string path)
    {
        path = $"{parent.Path}/{Encoding.UTF8.GetString(name)}";
        return parent.IsOpenable && Utf8.IsValid(name) && Encoding.UTF8.GetByteCount(path) + _rootPath.Length <= MaxPathBytes;
    }

    /// <summary>Watches a directory in which containers may be created.</summary>
    /// <returns>Whether it was not watched before, so that its contents must be read again.</returns>
    private bool Watch(CgroupNode node)
    {
        if (_watches is null || !node.IsOpenable) return false;
        bool isLikely = node.Parent is null || node.HeldContainers || (node.Recognised is null && _parents.Is(node.Path));

        // Cgroups that a container creates inside its own are not watched, unless it creates containers there.
        if (!isLikely && (node.OutermostContainer is not null || node.Watch > 0)) return false;
        if (node.Watch > 0 && node.IsWatchedAsLikely == isLikely) return false;

        // Whoever owns a container can give likely names to any number of cgroups.
        CgroupNode? container = node.OutermostContainer is { } outermost && outermost != node && DelegatedCgroup.IsContainer(outermost) ? outermost : null;
        if (container?.WatchedInside >= MaxWatchedInside && !node.HeldContainers) return false;
        int length = WritePath(node);
        if (length < 0) return false;
        _openPath[length - 1] = 0;
        bool isNew = _watches.TryAdd(this, node, _openPath.AsSpan(0, length), isLikely);
        if (isNew && container is not null && !node.IsWatchedInside)
        {
            node.IsWatchedInside = true;
            container.WatchedInside++;
        }

        return isNew;
    }

    private int OpenDirectory(CgroupNode node)
    {
        int length = WritePath(node);
        if (length < 0) return -Errno.ENAMETOOLONG;
        _openPath[length - 1] = 0;
        return Libc.Openat(Libc.AT_FDCWD, _openPath.AsSpan(0, length), Libc.O_PATH | Libc.O_DIRECTORY);
    }

    private static int DepthOf(CgroupNode node)
    {
        int depth = 0;
        for (CgroupNode? above = node.Parent; above is not null; above = above.Parent) depth++;
        return depth;
    }

    private void RemoveUnseen(CgroupNode node)
    {
        int from = _gone.Count;
        foreach (CgroupNode child in node.Children!.Values)
        {
            if (child.SeenInWalk != _walk) _gone.Add(child);
        }

        for (int i = _gone.Count - 1; i >= from; i--) Remove(node, _gone[i]);
        _gone.RemoveRange(from, _gone.Count - from);
    }

    private void Remove(CgroupNode parent, CgroupNode node)
    {
        parent.Children!.Remove(node.Inode);
        RemoveBelow(node);
    }

    private void RemoveBelow(CgroupNode node)
    {
        _directories--;
        _watches?.Remove(node);
        if (node.OutermostContainer is { } container && container != node)
        {
            container.DirectoriesInside--;
            if (node.IsWatchedInside) container.WatchedInside--;
        }

        if (node.Recognised is not null) _observer.Disappeared(this, node);
        if (node.Children is not { } children) return;
        foreach (CgroupNode child in children.Values) RemoveBelow(child);
    }
}
