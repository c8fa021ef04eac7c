using System.Globalization;

namespace NsCollector.GuestTests.Disks;

/// <summary>The points of container_filesystem of an agent, and the kernel's figures for them.</summary>
internal sealed class ContainerDisks(Guest guest, InstalledAgent agent)
{
    /// <summary>The configuration that reports the disks of containers.</summary>
    public const string Configuration = "[filesystem]\ncontainers = on\ninterval = 1s\n";

    /// <summary>The configuration that reports the disks of these services.</summary>
    public static string ConfigurationOf(params RootedService[] services) => $"{Configuration}[discovery]\ncgroup_paths = {string.Join(", ", services.Select(service => service.Cgroup))}\n";

    /// <summary>Waits for a point of a mount with its usage.</summary>
    public Point Await(string container, string mountPoint, TimeSpan? patience = null)
    {
        Point? found = null;
        Guest.Await(
            () => (found = agent.Points.LastOrDefault(point => point.Measurement == "container_filesystem" && point.Container == container && point.Tags["mount_point"] == mountPoint && point.Has("used_bytes"))) is not null,
            $"used_bytes of {mountPoint} in {container}", () => agent.Log, patience);
        return found!;
    }

    /// <summary>Asserts that a point has the figures of statfs(2) for its file system.</summary>
    public void AssertFilesystem(Point point, string directory)
    {
        long[] figures = [.. guest.Run($"stat -f -c '%S %b %f %a %c %d' {directory}").Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        long block = figures[0];
        Assert.Equal(
            (figures[1] * block, (figures[1] - figures[2]) * block, figures[3] * block),
            (point.Integer("filesystem_size_bytes"), point.Integer("filesystem_used_bytes"), point.Integer("filesystem_available_bytes")));
        Assert.Equal(
            figures[4] == 0 ? (null, null) : ((long?)figures[4], (long?)(figures[4] - figures[5])),
            (Optional(point, "filesystem_inodes"), Optional(point, "filesystem_used_inodes")));
    }

    /// <summary>An integer field; null if it is absent.</summary>
    public static long? Optional(Point point, string field) => point.Has(field) ? point.Integer(field) : null;

    /// <summary>What du(1) counts in a directory, in bytes.</summary>
    public long Du(string directory) => guest.Integer($"du -sx --block-size=1 {directory} | cut -f1");

    /// <summary>The files and directories in a directory, itself included.</summary>
    public long Inodes(string directory) => guest.Integer($"find {directory} -xdev -printf '%i\\n' | sort -u | wc -l");

    /// <summary>Asserts that the agent could read everything.</summary>
    public void AssertNoErrors() => Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors")).Integer("read_errors"));
}
