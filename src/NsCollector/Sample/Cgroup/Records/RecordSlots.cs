using NsCollector.Linux.Bpf;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>Which record is whose. For the sampling thread.</summary>
internal sealed class RecordSlots
{
    private readonly Stack<int> _free = new();
    private ContainerCgroup?[] _owners = [];

    /// <summary>The containers with a record, some null.</summary>
    internal ReadOnlySpan<ContainerCgroup?> Owners => _owners;

    /// <summary>Whether no record is free.</summary>
    internal bool IsFull => _free.Count == 0;

    /// <summary>Sets how many records there are, no fewer than before.</summary>
    internal void Resize(int capacity)
    {
        int before = _owners.Length;
        Array.Resize(ref _owners, capacity);
        _free.EnsureCapacity(capacity);
        for (int i = capacity - 1; i >= before; i--) _free.Push(i);
    }

    /// <summary>Gives a container a record, if one is free.</summary>
    /// <param name="cgroup">The container.</param>
    /// <param name="fromPass">The first pass that may write it: what is in it before is another container's.</param>
    internal void Add(ContainerCgroup cgroup, ulong fromPass)
    {
        if (!_free.TryPop(out int index)) return;
        _owners[index] = cgroup;
        cgroup.RecordIndex = index;
        cgroup.RecordFromPass = fromPass;
    }

    /// <summary>Takes the record back, and no cgroup of the container is wanted any more.</summary>
    internal void Remove(ContainerCgroup cgroup, BpfCgroupReader reader)
    {
        if (cgroup.RecordIndex < 0) return;
        for (int i = 0; i < cgroup.WantedInodes.Length; i++) Unwant(cgroup, i, reader);
        _owners[cgroup.RecordIndex] = null;
        _free.Push(cgroup.RecordIndex);
        cgroup.RecordIndex = -1;
    }

    /// <summary>Wants the cgroup that a container has in a hierarchy now, and no other.</summary>
    /// <returns>0 or -errno.</returns>
    internal static int Update(ContainerCgroup cgroup, int hierarchy, BpfCgroupReader reader)
    {
        ulong inode = cgroup.Exists[hierarchy] ? cgroup.Inodes[hierarchy] : 0;
        if (cgroup.WantedInodes[hierarchy] == inode) return 0;
        Unwant(cgroup, hierarchy, reader);
        if (inode == 0) return 0;
        int result = reader.Want(inode, hierarchy, cgroup.RecordIndex);
        if (result >= 0) cgroup.WantedInodes[hierarchy] = inode;
        return result;
    }

    /// <summary>A new program knows none of the wanted cgroups.</summary>
    internal void ForgetWanted()
    {
        foreach (ContainerCgroup? owner in _owners) owner?.WantedInodes.AsSpan().Clear();
    }

    private static void Unwant(ContainerCgroup cgroup, int hierarchy, BpfCgroupReader reader)
    {
        if (cgroup.WantedInodes[hierarchy] == 0) return;
        reader.Forget(cgroup.WantedInodes[hierarchy], hierarchy);
        cgroup.WantedInodes[hierarchy] = 0;
    }
}
