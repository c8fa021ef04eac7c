namespace NsCollector.Sample.Filesystem;

/// <summary>A directory that is walked to measure its size. Containers may share one, such as a volume.</summary>
/// <param name="device">The device of its file system.</param>
/// <param name="inode">Its inode.</param>
internal sealed class WalkedDirectory(ulong device, ulong inode)
{
    /// <summary>Its identity: device and inode.</summary>
    internal (ulong Device, ulong Inode) Key { get; } = (device, inode);

    /// <summary>Its path on the host, as last seen.</summary>
    internal byte[] Path { get; set; } = [];

    /// <summary>One of the mounts that show it.</summary>
    internal ContainerMount? Mount { get; set; }

    /// <summary>One of the containers that use it.</summary>
    internal ContainerDisk? User { get; set; }

    /// <summary>When its last complete walk began, on the monotonic clock; 0 if there was none.</summary>
    internal long WalkedAtNs { get; set; }

    /// <summary>When a walk was last begun or tried.</summary>
    internal long TriedAtNs { get; set; } = long.MinValue;

    /// <summary>Result of the last complete walk, in bytes.</summary>
    internal ulong Bytes { get; set; }

    /// <summary>Result of the last complete walk: number of files and directories.</summary>
    internal ulong Inodes { get; set; }

    /// <summary>Whether a call for it hangs.</summary>
    internal bool IsHanging { get; set; }
}
