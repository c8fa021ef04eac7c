using System.Text;
using NsCollector.Discover;
using NsCollector.Linux;

namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>
/// Chooses which mounts of the host are reported: one for each file system, so that none is counted twice, and none that belongs to a
/// container or has no space of its own.
/// </summary>
/// <param name="root">The host's root directory, as this process reaches it (PROC/1/root).</param>
/// <param name="excluded">Mount points that are left out.</param>
/// <param name="max">Maximum number of mounts.</param>
internal sealed class MountSelection(string root, IEnumerable<string> excluded, int max)
{
    // Objects of the kernel, images that are always full, and mount points that would be mounted by looking at them (autofs).
    private static readonly HashSet<string> IgnoredTypes =
    [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "erofs", "fusectl", "hugetlbfs",
        "iso9660", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ];

    private readonly Glob[] _excluded = [.. excluded.Select(pattern => new Glob(pattern))];

    /// <summary>The host's root directory, ending in a NUL byte.</summary>
    internal byte[] RootPath { get; } = Encoding.UTF8.GetBytes(root + "\0");

    /// <summary>Chooses from the lines of mountinfo.</summary>
    /// <param name="text">The host's mountinfo: process 1's, because this process may have mounts of its own.</param>
    /// <param name="overLimit">How many mounts were left out because there are too many.</param>
    internal HostMount[] Choose(string text, out int overLimit)
    {
        // A later mount on the same directory hides an earlier one.
        var byPoint = new Dictionary<string, MountInfo>(StringComparer.Ordinal);
        var points = new List<string>();
        foreach (string line in text.Split('\n'))
        {
            if (MountInfo.Parse(line) is not { } mount) continue;
            if (!byPoint.ContainsKey(mount.Point)) points.Add(mount.Point);
            byPoint[mount.Point] = mount;
        }

        // Of several mounts of one file system the one that shows all of it, else the first.
        var byDevice = new Dictionary<(uint, uint), MountInfo>();
        var devices = new List<(uint, uint)>();
        foreach (string point in points)
        {
            MountInfo mount = byPoint[point];
            if (!IsOfInterest(mount)) continue;
            (uint, uint) device = (mount.Major, mount.Minor);
            if (!byDevice.TryGetValue(device, out MountInfo? other)) devices.Add(device);
            else if (other.Root == "/" || mount.Root != "/") continue;
            byDevice[device] = mount;
        }

        overLimit = Math.Max(0, devices.Count - max);
        return [.. devices.Take(max).Select(device => ToMount(byDevice[device]))];
    }

    private bool IsOfInterest(MountInfo mount)
    {
        if (IgnoredTypes.Contains(mount.Type)) return false;

        // The root of a live system may be one; any other is a container's.
        if (mount.Type == "overlay" && mount.Point != "/") return false;
        foreach (Glob glob in _excluded)
        {
            if (glob.Matches(mount.Point)) return false;
        }

        return true;
    }

    // MountInfo has a character for each byte of the kernel's text.
    private HostMount ToMount(MountInfo mount) => new(
        mount.Id, Encoding.Latin1.GetBytes(mount.Point), Encoding.Latin1.GetBytes(mount.Source), Encoding.Latin1.GetBytes(mount.Type),
        [.. Encoding.UTF8.GetBytes(root), .. Encoding.Latin1.GetBytes(mount.Point), 0]);
}
