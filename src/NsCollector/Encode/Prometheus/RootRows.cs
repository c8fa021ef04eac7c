using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Prometheus;

/// <summary>The rows of the host that the page shows for the root cgroup (<c>id="/"</c>), which has none of its own, as in cAdvisor.</summary>
internal static class RootRows
{
    /// <summary>The rows of the host for a part of a sample; null if the root has none of it.</summary>
    internal static RowTable? Of(HostSample host, SamplePart part) => part switch
    {
        SamplePart.Interfaces => host.Interfaces,
        SamplePart.HostFilesystems => host.Filesystems,
        _ => null,
    };

    /// <summary>
    /// Whether a row is shown. Loopback and the bridge of Docker are not, as in cAdvisor: what passes through the bridge is also counted
    /// at another interface.
    /// </summary>
    internal static bool IsShown(Row row, SamplePart part) => part == SamplePart.Interfaces
        ? !row.Key.SequenceEqual("lo"u8) && !row.Key.StartsWith("docker"u8) && !row.Key.StartsWith("nerdctl"u8)
        : !row.MoreKey(0).IsEmpty;

    /// <summary>
    /// Whether the label <c>device</c> of a file system is its mount point: a file system in memory has no device, and two subvolumes of
    /// btrfs have the same one.
    /// </summary>
    internal static bool IsNamedByMount(RowTable filesystems, int index)
    {
        Row row = filesystems[index];
        if (row.MoreKey(1).SequenceEqual("tmpfs"u8)) return true;
        for (int i = 0; i < index; i++)
        {
            if (filesystems[i].MoreKey(0).SequenceEqual(row.MoreKey(0))) return true;
        }

        return false;
    }
}
