namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>A mount of the host that stands for its file system.</summary>
/// <param name="Id">The kernel's mount ID.</param>
/// <param name="Point">The mount point, as in the host's mount namespace.</param>
/// <param name="Source">The device, or what the file system says instead of one.</param>
/// <param name="Type">The type of the file system.</param>
/// <param name="IsRemote">Whether a server or another process has to answer.</param>
/// <param name="Path">Where this process reaches the mount point, ending in a NUL byte.</param>
internal sealed record HostMount(string Id, byte[] Point, byte[] Source, byte[] Type, bool IsRemote, byte[] Path)
{
    /// <summary>The values of the tags after the mount point.</summary>
    internal byte[][] MoreKeys { get; } = [Source, Type];
}
