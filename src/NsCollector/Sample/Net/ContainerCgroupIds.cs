using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Net;

/// <summary>
/// The ids of containers' cgroups in the unified hierarchy, which are the inode numbers of their directories: of each container its own
/// and all below it, because its processes may be there (crun's `container`, services of systemd).
/// </summary>
internal sealed class ContainerCgroupIds(CgroupMounts mounts)
{
    /// <summary>Maximum cgroups of one container. With more, its sockets are not reported.</summary>
    internal const int MaxCgroups = 1000;

    private readonly record struct Cgroup(ulong Id, uint Container, string Directory, byte[] DirectoryBytes, uint Links);

    private readonly List<Cgroup> _cgroups = [];

    /// <summary>Ascending.</summary>
    internal ulong[] Ids { get; private set; } = [];

    /// <summary>The containers of <see cref="Ids"/>, numbered in the order of <see cref="TryAdd"/>.</summary>
    internal uint[] Containers { get; private set; } = [];

    /// <summary>Forgets all.</summary>
    internal void Clear() => _cgroups.Clear();

    /// <summary>Finds the cgroups of a container.</summary>
    /// <returns>False if there are none, or too many.</returns>
    internal bool TryAdd(string cgroupPath, uint container)
    {
        int before = _cgroups.Count;
        if (mounts.Unified?.DirectoryOf(cgroupPath) is { } own) AddIfPresent(own, container);
        for (int i = before; i < _cgroups.Count && _cgroups.Count - before <= MaxCgroups; i++)
        {
            // Two links of its own, and one for each child (kernfs_refresh_inode, fs/kernfs/inode.c).
            if (_cgroups[i].Links > 2) AddChildren(_cgroups[i].Directory, container);
        }

        int found = _cgroups.Count - before;
        if (found is > 0 and <= MaxCgroups) return true;
        _cgroups.RemoveRange(before, found);
        return false;
    }

    /// <summary>Sets <see cref="Ids"/> and <see cref="Containers"/> after the last <see cref="TryAdd"/>.</summary>
    internal void Complete()
    {
        _cgroups.Sort((a, b) => a.Id.CompareTo(b.Id));
        Ids = [.. _cgroups.Select(cgroup => cgroup.Id)];
        Containers = [.. _cgroups.Select(cgroup => cgroup.Container)];
    }

    /// <summary>Whether no cgroup was created or removed since. It allocates nothing.</summary>
    internal bool IsCurrent()
    {
        foreach (Cgroup cgroup in _cgroups)
        {
            if (Libc.StatxEntry(Libc.AT_FDCWD, cgroup.DirectoryBytes, out FileStatus status) != 0 || status.Inode != cgroup.Id || status.Links != cgroup.Links) return false;
        }

        return true;
    }

    private void AddIfPresent(string directory, uint container)
    {
        byte[] bytes = NetworkVisitor.PathBytes(directory);
        if (Libc.StatxEntry(Libc.AT_FDCWD, bytes, out FileStatus status) == 0) _cgroups.Add(new Cgroup(status.Inode, container, directory, bytes, status.Links));
    }

    private void AddChildren(string directory, uint container)
    {
        try
        {
            foreach (string child in Directory.EnumerateDirectories(directory).Take(MaxCgroups)) AddIfPresent(child, container);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was removed meanwhile.
        }
    }
}
