using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Services without accounting, which have a cgroup only in systemd's own hierarchy.</summary>
public sealed class ServiceTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Service_only_in_systemds_hierarchy_is_found_if_services_are(bool services, int expected)
    {
        CgroupMounts mounts = CgroupMounts.Find(new HostRoots());
        using var cgroups = new TestCgroups(mounts.For("name=systemd")!.MountPoint)
        {
            Parent = string.Create(CultureInfo.InvariantCulture, $"/nsctest{Environment.ProcessId}.slice"),
        };
        NamespaceProcess process = NamespaceProcess.StartOnHost();
        string path = cgroups.MakeWithProcess("web.service", process);
        using var discovery = new ContainerDiscovery(
            mounts, new HostRoots(), new DiscoverOptions { SystemdServices = services }, new AgentCounters(), NullLogger.Instance);
        discovery.WalkOnce();
        Container[] found = [.. discovery.Current.Containers.Where(container => container.CgroupPath == path)];
        Assert.Equal(expected, found.Length);
        Assert.All(found, service => Assert.Equal(("web.service", process.Pid), (service.Identity.Name, service.Init?.Pid)));
    }
}
