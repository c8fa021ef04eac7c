using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>The interfaces and file systems of the host, shown for <c>id="/"</c> as in cAdvisor.</summary>
public sealed class RootSeriesTests
{
    private static readonly string[] Shown =
    [
        "container_fs_inodes_free{id=\"/\",device=\"/dev/vda\"} 3",
        "container_fs_inodes_total{id=\"/\",device=\"/dev/vda\"} 10",
        "container_fs_limit_bytes{id=\"/\",device=\"/dev/shm\"} 400",
        "container_fs_limit_bytes{id=\"/\",device=\"/dev/vda\"} 100",
        "container_fs_limit_bytes{id=\"/\",device=\"/run\"} 300",
        "container_fs_limit_bytes{id=\"/\",device=\"/srv/b\"} 200",
        "container_fs_usage_bytes{id=\"/\",device=\"/dev/vda\"} 30",
        "container_network_receive_bytes_total{id=\"/\",interface=\"br-1\"} 6",
        "container_network_receive_bytes_total{id=\"/\",interface=\"eth0\"} 5",
    ];

    [Fact]
    public void Root_has_the_interfaces_and_file_systems_of_the_host()
    {
        string[] page = Page(NewHost());
        Assert.Equal(Shown, page.Where(line => line.StartsWith("container_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

        // The host's own names show all of them.
        Assert.Contains(page, line => line.StartsWith("host_network_", StringComparison.Ordinal) && line.EndsWith("{interface=\"docker0\"} 7", StringComparison.Ordinal));
        Assert.Contains("host_filesystem_size_bytes{mount_point=\"/srv/b\",device=\"/dev/vda\",fstype=\"btrfs\"} 200", page);
    }

    [Fact]
    public void Root_has_none_if_the_host_is_not_sampled() => Assert.DoesNotContain(Page(null), line => line.StartsWith("container_fs_", StringComparison.Ordinal) || line.StartsWith("container_network_", StringComparison.Ordinal));

    private static HostSample NewHost()
    {
        var host = new HostSample { TimestampNs = 1_700_000_000_000_000_000 };
        host.Memory.Set(Reading.HostMemoryTotalBytes, 1);
        foreach ((string name, long bytes) in (ReadOnlySpan<(string, long)>)[("lo", 9), ("eth0", 5), ("br-1", 6), ("docker0", 7)])
            host.Interfaces.Add(Encoding.UTF8.GetBytes(name)).Readings.Set(Reading.NetworkRxBytes, bytes);
        Add("/", "/dev/vda", "btrfs", 100);
        host.Filesystems[0].Readings.Set(Reading.HostFilesystemUsedBytes, 30);
        host.Filesystems[0].Readings.Set(Reading.HostFilesystemInodes, 10);
        host.Filesystems[0].Readings.Set(Reading.HostFilesystemUsedInodes, 7);
        Add("/srv/b", "/dev/vda", "btrfs", 200);
        Add("/run", "tmpfs", "tmpfs", 300);
        Add("/dev/shm", "tmpfs", "tmpfs", 400);
        return host;

        void Add(string mountPoint, string device, string type, long bytes)
        {
            Row row = host.Filesystems.Add(Encoding.UTF8.GetBytes(mountPoint));
            row.SetMoreKeys([Encoding.UTF8.GetBytes(device), Encoding.UTF8.GetBytes(type)]);
            row.Readings.Set(Reading.HostFilesystemSizeBytes, bytes);
        }
    }

    // The lines of the families of file systems and interfaces.
    private static string[] Page(HostSample? host)
    {
        var samples = new LatestSamples([], TimeSpan.Zero);
        var root = new Container(-1, new ContainerIdentity(ContainerRuntime.Cgroup, "/"), "/", null) { IsParent = true };
        var sample = new ContainerSample { TimestampNs = 1_700_000_000_000_000_000 };
        sample.Scalars.Set(Reading.PidsCurrent, 1);
        samples.BeginCycle(new ContainerList(1, []));
        if (host is not null) samples.AcceptHost(host);
        samples.AcceptParent(root, sample);
        samples.AcceptAgent(new AgentSnapshot());
        samples.EndCycle(default);
        return [.. RenderedPage.Of(PageForm.Complete(new PageOptions()), samples).Split('\n').Where(line => line.Contains("_fs_", StringComparison.Ordinal) || line.Contains("_network_", StringComparison.Ordinal) || line.Contains("_filesystem_", StringComparison.Ordinal)).Where(line => line.Length > 0 && line[0] != '#')];
    }
}
