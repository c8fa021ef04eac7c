using NsCollector.Linux.Cgroup;

namespace NsCollector.Sample.Filesystem;

/// <summary>The state of one thread that reads disks. A hanging thread keeps it; the thread that replaces it gets a new one.</summary>
internal sealed class DiskSession : IDisposable
{
    /// <param name="proc">The host's procfs.</param>
    /// <param name="ownMemory">The memory that is charged to this process; null if it is not known.</param>
    internal DiskSession(string proc, OwnMemoryCgroup? ownMemory)
    {
        Charge = new WalkCharge(ownMemory);
        Tree = new HostTree(proc);
        Mounts = new MountReader(Tree);
    }

    /// <summary>The host's mounts.</summary>
    internal HostTree Tree { get; }

    /// <summary>Reads mounts.</summary>
    internal MountReader Mounts { get; }

    /// <summary>The kernel memory that walks are charged for.</summary>
    internal WalkCharge Charge { get; }

    /// <summary>The walk in progress, if one is.</summary>
    internal DirectoryWalk Walk { get; } = new();

    /// <summary>The directory of <see cref="Walk"/>; null if none is in progress.</summary>
    internal WalkedDirectory? Walked { get; set; }

    /// <summary>Whether the directory was opened.</summary>
    internal bool IsWalkBegun { get; set; }

    /// <summary>When the walk began, on the monotonic clock.</summary>
    internal long WalkBeganNs { get; set; }

    /// <summary>For the text of a file of a process.</summary>
    internal byte[] Text { get; set; } = new byte[16 * 1024];

    public void Dispose()
    {
        Walk.Dispose();
        Charge.Dispose();
        Tree.Dispose();
    }
}
