namespace NsCollector.Linux.Cgroup;

/// <summary>
/// The memory that the kernel charges to the cgroup of this process, and how much more it permits. <see cref="Refresh"/>
/// allocates nothing. Not thread-safe, except for <see cref="AddReclaimable"/>.
/// </summary>
internal sealed class OwnMemoryCgroup : IDisposable
{
    // Our own cgroup first, then those above it as far as the mount shows them.
    private readonly MemoryCgroupFiles[] _levels;
    private readonly bool _isRoot;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private long _addedBytes, _reclaimableBytes, _kernelBytes;

    private OwnMemoryCgroup(string directory, MemoryCgroupFiles[] levels, bool isRoot, bool isV2)
    {
        Directory = directory;
        _levels = levels;
        _isRoot = isRoot;
        CountsSlab = isV2;
        Refresh();
    }

    /// <summary>Whether <see cref="RoomBytes"/> counts slab_reclaimable as room (v2).</summary>
    internal bool CountsSlab { get; }

    /// <summary>The directory of the cgroup.</summary>
    internal string Directory { get; }

    /// <summary>
    /// What was charged at the last <see cref="Refresh"/>. In the root cgroup all numbers are absent, because the whole host is
    /// charged there. They are also absent if the memory controller is not enabled in the cgroup.
    /// </summary>
    internal MemoryCharge Charge { get; private set; }

    /// <summary>
    /// How many more bytes the kernel permits before it kills or slows this process: the lowest limit of this cgroup and those
    /// above it, less what is charged there and cannot be reclaimed. Negative if that is over the limit already; null without
    /// a limit.
    /// </summary>
    internal long? RoomBytes { get; private set; }

    /// <summary>The lowest limit of the cgroup and those above it, in bytes; null without a limit.</summary>
    internal long? LimitBytes { get; private set; }

    /// <summary>Finds the cgroup; null if no mount shows it.</summary>
    internal static OwnMemoryCgroup? Find(CgroupMounts mounts)
    {
        if (mounts.For("memory") is not { } hierarchy || OwnCgroup.DirectoryIn(hierarchy) is not { } own) return null;
        return In(own, hierarchy);
    }

    /// <summary>The same for a cgroup whose directory is known.</summary>
    /// <param name="own">The directory, without a trailing slash.</param>
    /// <param name="hierarchy">The hierarchy that shows it.</param>
    internal static OwnMemoryCgroup In(string own, CgroupHierarchy hierarchy)
    {
        List<MemoryCgroupFiles> levels = [];
        for (string directory = own; directory.Length >= hierarchy.MountPoint.Length; directory = Path.GetDirectoryName(directory) ?? "")
            levels.Add(new MemoryCgroupFiles(directory + "/", hierarchy.IsV2));
        return new OwnMemoryCgroup(own, [.. levels], isRoot: own == hierarchy.MountPoint && hierarchy.Root == "/", hierarchy.IsV2);
    }

    /// <summary>
    /// Records charged kernel memory that can be reclaimed: dentries and inodes of files that this process has looked up and closed. v1
    /// has no file that shows it. On v2, this method has no effect. Any thread may call it.
    /// </summary>
    internal void AddReclaimable(long bytes) => Interlocked.Add(ref _addedBytes, bytes);

    /// <summary>Reads everything again.</summary>
    internal void Refresh()
    {
        RoomBytes = LimitBytes = null;
        for (int i = 0; i < _levels.Length; i++)
        {
            // memory.stat of a cgroup far up covers the whole host, so it is read only if there is a limit.
            long? limit = _levels[i].ReadLimitBytes(_buffer);
            if (i > 0 && limit is null) continue;
            MemoryCharge charge = _levels[i].Read(_buffer);
            if (i == 0)
            {
                Charge = _isRoot ? default : charge;
                UpdateReclaimable(charge.KernelBytes ?? 0);
            }

            if (limit is null || charge.UsageBytes is not { } usage) continue;
            long room = limit.Value - usage + charge.ReclaimableBytes + _reclaimableBytes;
            if (RoomBytes is null || room < RoomBytes) RoomBytes = room;
            if (LimitBytes is null || limit < LimitBytes) LimitBytes = limit;
        }
    }

    // All memory that the kernel has freed since the last call is subtracted. So the estimate of free memory is too low rather than too high.
    private void UpdateReclaimable(long kernelBytes)
    {
        if (CountsSlab) return;
        long added = Interlocked.Exchange(ref _addedBytes, 0), freed = Math.Max(0, _kernelBytes + added - kernelBytes);
        _reclaimableBytes = Math.Clamp(_reclaimableBytes + added - freed, 0, kernelBytes);
        _kernelBytes = kernelBytes;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (MemoryCgroupFiles level in _levels) level.Dispose();
    }
}
