using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class HelperCgroupTests
{
    [Theory]
    [InlineData("supervisor", true)]
    [InlineData("monitor", true)]
    [InlineData("conmon", true)]
    [InlineData(".control", true)]
    [InlineData("lxc.monitor", true)]
    [InlineData("lxc.monitor.web", true)]
    [InlineData("lxc.pivot", true)]
    [InlineData("libpod-conmon-ID.scope", true)]
    [InlineData("crio-conmon-ID", true)]
    [InlineData("payload", false)]
    [InlineData("container", false)]
    [InlineData("ns", false)]
    [InlineData("init.scope", false)]
    [InlineData("lxc.monitored", false)]
    [InlineData("conmon-exporter", false)]
    [InlineData("libpod-ID.scope", false)]
    [InlineData("", false)]
    public void Is_distinguishes_runtime_cgroups_from_container_cgroups(string name, bool isHelper) =>
        Assert.Equal(isHelper, HelperCgroup.Is(Expand(name)));
}
