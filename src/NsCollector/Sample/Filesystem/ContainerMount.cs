using System.Text;
using NsCollector.Linux;

namespace NsCollector.Sample.Filesystem;

/// <summary>A mount of a container: its root file system or a volume.</summary>
/// <param name="info">The line of its mountinfo.</param>
/// <param name="isReachable">Whether the way to it through the container's root leads over local file systems only.</param>
internal sealed class ContainerMount(MountInfo info, bool isReachable)
{
    /// <summary>The line of the container's mountinfo, a character for each byte.</summary>
    internal MountInfo Info { get; } = info;

    /// <summary>The mount point in the container.</summary>
    internal byte[] Point { get; } = Encoding.Latin1.GetBytes(info.Point);

    /// <summary>Whether it may be reached through the container's root: nobody but the kernel answers there.</summary>
    internal bool IsReachable { get; } = isReachable;

    /// <summary>Whether a server or another process has to answer.</summary>
    internal bool IsRemote { get; } = FilesystemTypes.IsRemote(info.Type);

    /// <summary>Whether it shows a whole file system.</summary>
    internal bool IsWhole => Info.Root == "/";

    /// <summary>Whether what the file system says of its space is the mount's own.</summary>
    internal bool HasOwnSpace => IsWhole && !FilesystemTypes.MayPassOnSpace(Info.Type);

    /// <summary>The upper directory of an overlay, as in the mount namespace of who mounted it; null if it is none, or read-only.</summary>
    internal string? Upper { get; } = info.Type == "overlay" ? info.SuperOption("upperdir") : null;

    /// <summary>The directory whose size is found by walking; null if none is, or not yet.</summary>
    internal WalkedDirectory? Walked { get; set; }
}
