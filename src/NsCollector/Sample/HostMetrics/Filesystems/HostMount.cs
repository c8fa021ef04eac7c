namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>A mount of the host that stands for its file system.</summary>
/// <param name="Id">The kernel's mount ID.</param>
/// <param name="Point">The mount point, as in the host's mount namespace.</param>
/// <param name="Source">The device, or what the file system says instead of one.</param>
/// <param name="Type">The type of the file system.</param>
/// <param name="Path">Where this process reaches the mount point, ending in a NUL byte.</param>
internal sealed record HostMount(string Id, byte[] Point, byte[] Source, byte[] Type, byte[] Path)
{
    /// <summary>The values of the tags after the mount point.</summary>
    internal byte[][] MoreKeys { get; } = [Source, Type];

    /// <summary>Whether its file system cannot be asked: counted when that is found, not in each cycle.</summary>
    internal bool HasFailed { get; set; }
}
