using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class LxcRecogniserTests
{
    private static readonly ContainerRecognisers Recognisers = new(new DiscoverOptions { SystemdServices = true });

    [Theory]
    [InlineData("/lxc.payload.web-1", "web-1")]
    [InlineData("/lxc.payload.web-1-2", "web-1-2")]
    [InlineData("/lxc.payload.snapcraft_base", "snapcraft_base")]
    [InlineData("/lxc.payload.x.mount", "x.mount")]
    [InlineData("/own/dir/lxc.payload.web", "web")]
    [InlineData("/lxc.payload/web", "web")]
    [InlineData("/lxc/web", "web")]
    [InlineData("/lxc/lxc", "lxc")]
    [InlineData("/lxc/101", "101")]
    [InlineData("/docker/ID/lxc/web", "web")]
    [InlineData("/docker/ID/lxc.payload.web", "web")]
    [InlineData("/lxc.payload.outer/lxc.payload.inner", "inner")]
    [InlineData("/lxc/outer/lxc/inner", "inner")]
    [InlineData("/lxc/ID", Id)]
    [InlineData(@"/machine.slice/machine-lxc\x2d969\x2dweb.scope", "web")]
    [InlineData(@"/machine.slice/machine-lxc\x2d969\x2dweb\x2d1.scope", "web-1")]
    [InlineData("/machine/web.libvirt-lxc", "web")]
    [InlineData("/libvirt/lxc/web", "web")]
    public void Container_is_recognised_with_the_name_of_the_path(string path, string name) =>
        Assert.Equal(new RecognisedContainer(ContainerRuntime.Lxc, name, name, null), Recognisers.Recognise(Expand(path)));

    [Theory]
    [InlineData("/lxc.monitor.web-1")]
    [InlineData("/own/dir/lxc.monitor.web")]
    [InlineData("/lxc.monitor")]
    [InlineData("/lxc.monitor/web")]
    [InlineData("/lxc.pivot")]
    [InlineData("/lxc/lxc.pivot")]
    [InlineData("/lxc/lxc.monitor.web")]
    [InlineData("/lxc")]
    [InlineData("/lxc/")]
    [InlineData("/lxc.payload")]
    [InlineData("/lxc.payload/")]
    [InlineData("/lxc.payload.")]
    [InlineData("/machine/.libvirt-lxc")]
    [InlineData(@"/machine.slice/machine-lxc\x2d.scope")]
    [InlineData(@"/machine.slice/machine-lxc\x2d969.scope")]
    [InlineData(@"/machine.slice/machine-lxc\x2d969\x2d.scope")]
    [InlineData(@"/machine.slice/machine-lxc\x2dx\x2dweb.scope")]
    [InlineData(@"/machine.slice/machine-lxc\x2dscope")]
    public void Monitors_pivots_and_parents_are_not_containers(string path) => Assert.Null(Recognisers.Recognise(path));

    [Theory]
    [InlineData("/lxc/101/ns")]
    [InlineData("/lxc/101/ns/init.scope")]
    [InlineData("/lxc/101/ns/system.slice/cron.service")]
    [InlineData("/lxc/web/payload")]
    [InlineData("/lxc/web/monitor")]
    [InlineData("/lxc/lxc/init.scope")]
    [InlineData("/lxc/lxc/system.slice")]
    [InlineData("/lxc.payload/web/init.scope")]
    [InlineData("/lxc.payload.web/init.scope")]
    [InlineData("/lxc.payload.web/system.slice/cron.service")]
    [InlineData("/lxc.payload.web/user.slice/user-0.slice/user@0.service/app.slice/x.service")]
    [InlineData(@"/machine.slice/machine-lxc\x2d969\x2dweb.scope/libvirt")]
    [InlineData(@"/machine.slice/machine-lxc\x2d969\x2dweb.scope/libvirt_init.scope")]
    public void Cgroup_inside_a_container_is_not_a_container(string path) => Assert.Null(Recognisers.Recognise(path));
}
