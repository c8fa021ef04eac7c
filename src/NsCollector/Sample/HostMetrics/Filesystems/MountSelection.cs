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
    private readonly Glob[] _excluded = [.. excluded.Select(pattern => new Glob(pattern))];

    /// <summary>The host's root directory, ending in a NUL byte.</summary>
    internal byte[] RootPath { get; } = Encoding.UTF8.GetBytes(root + "\0");

    /// <summary>Chooses from the lines of mountinfo.</summary>
    /// <param name="text">The host's mountinfo: process 1's, because this process may have mounts of its own.</param>
    /// <param name="overLimit">How many mounts were left out because there are too many.</param>
    internal HostMount[] Choose(string text, out int overLimit)
    {
        // A host with many containers has many thousand mounts of theirs: of those no text is copied.
        var byPoint = new Dictionary<string, MountInfo>(StringComparer.Ordinal);
        Dictionary<string, MountInfo>.AlternateLookup<ReadOnlySpan<char>> byPointSpan = byPoint.GetAlternateLookup<ReadOnlySpan<char>>();
        var points = new List<string>();
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            ReadOnlySpan<char> line = text.AsSpan()[range];
            ReadOnlySpan<char> point = PointOf(line);

            // A later mount on the same directory hides an earlier one.
            byPointSpan.Remove(point);
            if (IsIgnored(TypeOf(line), point) || MountInfo.Parse(line.ToString()) is not { } mount) continue;
            string key = point.ToString();
            points.Add(key);
            byPoint[key] = mount;
        }

        // Of several mounts of one file system the one that shows all of it, else the first.
        var byDevice = new Dictionary<(uint, uint), MountInfo>();
        var devices = new List<(uint, uint)>();
        foreach (string point in points)
        {
            if (!byPoint.Remove(point, out MountInfo? mount) || IsExcluded(mount)) continue;
            (uint, uint) device = (mount.Major, mount.Minor);
            if (!byDevice.TryGetValue(device, out MountInfo? other)) devices.Add(device);
            else if (other.Root == "/" || mount.Root != "/") continue;
            byDevice[device] = mount;
        }

        overLimit = Math.Max(0, devices.Count - max);

        // Those that answer come first, so that one that does not delays none of them.
        return [.. devices.Take(max).Select(device => ToMount(byDevice[device])).OrderBy(mount => mount.IsRemote)];
    }

    // The root of a live system may be an overlay; any other is a container's.
    private static bool IsIgnored(ReadOnlySpan<char> type, ReadOnlySpan<char> point) =>
        FilesystemTypes.HasNoSpace(type) || (type is "overlay" && point is not "/");

    private bool IsExcluded(MountInfo mount)
    {
        foreach (Glob glob in _excluded)
        {
            if (glob.Matches(mount.Point)) return true;
        }

        return false;
    }

    /// <summary>The fifth field, as the kernel escaped it.</summary>
    private static ReadOnlySpan<char> PointOf(ReadOnlySpan<char> line)
    {
        for (int field = 0; field < 4; field++) line = line[(line.IndexOf(' ') + 1)..];
        int end = line.IndexOf(' ');
        return end < 0 ? default : line[..end];
    }

    /// <summary>The field after the hyphen that ends the optional fields. No field before it is a hyphen or contains a space.</summary>
    private static ReadOnlySpan<char> TypeOf(ReadOnlySpan<char> line)
    {
        int hyphen = line.IndexOf(" - ", StringComparison.Ordinal);
        if (hyphen < 0) return default;
        line = line[(hyphen + 3)..];
        int end = line.IndexOf(' ');
        return end < 0 ? line : line[..end];
    }

    // MountInfo has a character for each byte of the kernel's text.
    private HostMount ToMount(MountInfo mount) => new(
        mount.Id, Encoding.Latin1.GetBytes(mount.Point), Encoding.Latin1.GetBytes(mount.Source), Encoding.Latin1.GetBytes(mount.Type),
        FilesystemTypes.IsRemote(mount.Type),
        [.. Encoding.UTF8.GetBytes(root), .. Encoding.Latin1.GetBytes(mount.Point), 0]);
}
