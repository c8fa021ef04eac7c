using System.Buffers.Binary;
using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// The directories of one cgroup hierarchy, remembered from walk to walk. A walk asks the kernel for what it must: the
/// listing of each directory that has sub-directories, and the number of links of every other, which on kernfs is two
/// more than its sub-directories, so that the sixty files of a leaf are never listed. A walk in which nothing changed
/// allocates nothing.
/// </summary>
internal sealed class CgroupTree
{
    /// <summary>Deeper directories are not looked into: systemd in a container in a kind node in Docker is at 12.</summary>
    private const int MaxDepth = 24;

    /// <summary>How many directories are remembered; more are counted and left out.</summary>
    private const int MaxDirectories = 200_000;

    private const int BufferBytes = 16 * 1024;

    // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
    private const int InodeOffset = 0, RecordLengthOffset = 16, TypeOffset = 18, NameOffset = 19;

    private readonly ContainerRecognisers _recognisers;
    private readonly ICgroupTreeObserver _observer;
    private readonly AgentCounters _counters;
    private readonly CgroupNode _root;
    private readonly byte[] _rootPath;
    private readonly byte[]?[] _buffers = new byte[]?[MaxDepth + 1];
    private readonly List<CgroupNode> _gone = [];
    private long _walk;
    private int _directories;

    internal CgroupTree(CgroupHierarchy hierarchy, ContainerRecognisers recognisers, ICgroupTreeObserver observer, AgentCounters counters)
    {
        Hierarchy = hierarchy;
        _recognisers = recognisers;
        _observer = observer;
        _counters = counters;
        _root = new CgroupNode(null, 0, ".\0"u8.ToArray(), hierarchy.Root == "/" ? "" : hierarchy.Root, null);
        _rootPath = Encoding.UTF8.GetBytes(hierarchy.MountPoint + "\0");
    }

    internal CgroupHierarchy Hierarchy { get; }

    /// <summary>Looks at the whole hierarchy and tells the observer what appeared and disappeared, in the order in which it is met.</summary>
    internal void Walk()
    {
        _walk++;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _rootPath, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (descriptor < 0)
        {
            _counters.Add(AgentCounter.DiscoveryErrors);
            return;
        }

        WalkDirectory(descriptor, _root, depth: 0);
        Libc.Close(descriptor);
    }

    /// <summary>Opens a file of a cgroup of this hierarchy.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal int Open(CgroupNode node, string file) =>
        Hierarchy.DirectoryOf(node.Path) is { } directory
            ? Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes($"{directory}/{file}\0"))
            : -Errno.ENOENT;

    private void WalkDirectory(int directory, CgroupNode node, int depth)
    {
        byte[] buffer = _buffers[depth] ??= new byte[BufferBytes];
        while (true)
        {
            int filled = Libc.Getdents64(directory, buffer);
            if (filled == 0) break;
            if (filled < 0)
            {
                // The directory went away under way, which its parent will show; else what was not listed is not known to be gone.
                if (filled is not (-Errno.ENOENT or -Errno.ENODEV)) _counters.Add(AgentCounter.DiscoveryErrors);
                return;
            }

            for (int at = 0; at < filled;)
            {
                ReadOnlySpan<byte> entry = buffer.AsSpan(at, filled - at);
                int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[RecordLengthOffset..]);
                if (length <= NameOffset || length > entry.Length) break;
                at += length;
                Enter(directory, node, entry[..length], depth);
            }
        }

        if (node.Children is { Count: > 0 }) RemoveUnseen(node);
    }

    private void Enter(int directory, CgroupNode parent, ReadOnlySpan<byte> entry, int depth)
    {
        byte type = entry[TypeOffset];
        if (type is not (Libc.DT_DIR or Libc.DT_UNKNOWN)) return;
        ReadOnlySpan<byte> name = entry[NameOffset..];
        name = name[..(name.IndexOf((byte)0) + 1)];
        if (name.Length <= 1 || name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8)) return;

        if (Libc.Statx(directory, name, out FileStatus status) < 0) return;
        const int directoryMode = 0x4000;
        if ((status.Mode & 0xF000) != directoryMode) return;
        CgroupNode? node = Find(parent, status.Inode, name);
        if (node is null) return;
        node.SeenInWalk = _walk;

        // Not kernfs where it is 1: then there is no telling from outside.
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

    private CgroupNode? Find(CgroupNode parent, ulong inode, ReadOnlySpan<byte> nameWithNul)
    {
        if (parent.Children is { } children && children.TryGetValue(inode, out CgroupNode? known))
        {
            if (nameWithNul.SequenceEqual(known.NameWithNul)) return known;
            Remove(parent, known);
        }

        if (_directories >= MaxDirectories)
        {
            _counters.Add(AgentCounter.ContainersOverLimit);
            return null;
        }

        string path = $"{parent.Path}/{Encoding.UTF8.GetString(nameWithNul[..^1])}";
        var node = new CgroupNode(parent, inode, nameWithNul.ToArray(), path, _recognisers.Recognise(path));
        (parent.Children ??= []).Add(inode, node);
        _directories++;
        if (node.Recognised is not null) _observer.Appeared(this, node);
        return node;
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
        if (node.Recognised is not null) _observer.Disappeared(this, node);
        if (node.Children is not { } children) return;
        foreach (CgroupNode child in children.Values) RemoveBelow(child);
    }
}
