using System.Text;
using NsCollector.Linux;

namespace NsCollector.Sample.Filesystem;

/// <summary>A mount of a container: its root file system or a volume.</summary>
/// <param name="info">The line of its mountinfo.</param>
/// <param name="isReachable">Whether the path to it through the container's root crosses only local file systems.</param>
internal sealed class ContainerMount(MountInfo info, bool isReachable)
{
    /// <summary>The line of the container's mountinfo, with one character for each byte.</summary>
    internal MountInfo Info { get; } = info;

    /// <summary>The mount point in the container.</summary>
    internal byte[] Point { get; } = Encoding.Latin1.GetBytes(info.Point);

    /// <summary>Whether it may be accessed through the container's root, because the kernel alone answers there.</summary>
    internal bool IsReachable { get; } = isReachable;

    /// <summary>Whether calls depend on a server or another process.</summary>
    internal bool IsRemote { get; } = FilesystemTypes.IsRemote(info.Type);

    /// <summary>Whether its root is the root of the file system.</summary>
    internal bool IsWhole => Info.Root == "/";

    /// <summary>Whether the space that the file system reports belongs to this mount alone.</summary>
    internal bool HasOwnSpace => IsWhole && !FilesystemTypes.MayPassOnSpace(Info.Type);

    /// <summary>The upper directory of an overlay, as a path in the mount namespace of the process that mounted it; null if it is not an overlay, or is read-only.</summary>
    internal string? Upper { get; } = info.Type == "overlay" ? info.SuperOption("upperdir") : null;

    /// <summary>The directory that is walked to find its size; null if there is none, or not yet.</summary>
    internal WalkedDirectory? Walked { get; set; }
}
