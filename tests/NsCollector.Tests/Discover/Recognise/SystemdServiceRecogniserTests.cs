using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class SystemdServiceRecogniserTests
{
    private static readonly ContainerRecognisers Recognisers = new(new DiscoverOptions { SystemdServices = true });

    [Theory]
    [InlineData("/system.slice/cron.service", "cron.service")]
    [InlineData("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service")]
    [InlineData("/own.slice/own-web.slice/web.service", "web.service")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.slice/web.service", "web.service")]
    [InlineData(@"/system.slice/system-x\x2dy.slice/x\x2dy@1.service", @"x\x2dy@1.service")]
    public void Service_has_its_unit_as_name_and_its_path_as_id(string path, string unit)
    {
        Assert.Equal(new RecognisedContainer(ContainerRuntime.Systemd, path, unit, null), Recognisers.Recognise(path));
        Assert.Null(new ContainerRecognisers(new DiscoverOptions()).Recognise(path));
    }

    [Theory]
    [InlineData("/user.slice/user-1000.slice/user@1000.service")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/init.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user@1000.service/x.service")]
    [InlineData("/system.slice/user@1000.service/x.service")]
    [InlineData("/system.slice/cron.service/inner.service")]
    [InlineData("/system.slice/cron.service/.control")]
    [InlineData("/system.slice/cron.service/system.slice/inner.service")]
    [InlineData("/lxc.payload.web/system.slice/cron.service")]
    [InlineData("/docker/ID/system.slice/cron.service")]
    [InlineData("/system.slice/docker-ID.scope/system.slice/cron.service")]
    [InlineData("/system.slice/.service")]
    [InlineData("/.slice/cron.service")]
    [InlineData("//cron.service")]
    [InlineData("cron.service")]
    [InlineData("/system.slice/cron.socket")]
    [InlineData("/system.slice")]
    public void Service_is_only_below_slices_and_a_users_manager(string path) => Assert.Null(Recognisers.Recognise(Expand(path)));

    [Fact]
    public void Container_that_runs_as_a_unit_keeps_its_runtime() =>
        Assert.Equal(ContainerRuntime.Nspawn, Recognisers.Recognise("/machine.slice/systemd-nspawn@deb.service")?.Runtime);

    [Theory]
    [InlineData("0::/lxc/web/init.scope\n", "/lxc/web")]
    [InlineData("2:cpu:/a/init.scope\n1:name=systemd:/b/init.scope\n0::/c/init.scope\n", "/b")]
    [InlineData("0::/init.scope\n", "")]
    [InlineData("0::/docker/x\n", "")]
    [InlineData("0::/../init.scope\n", "")]
    [InlineData("", "")]
    public void Root_of_systemd_is_above_the_scope_of_process_1(string cgroups, string expected) => Assert.Equal(expected, SystemdRoot.Parse(cgroups));

    [Fact]
    public void Services_below_the_root_of_systemd_are_recognised()
    {
        var recognisers = new ContainerRecognisers(new DiscoverOptions { SystemdServices = true }, "/lxc/web");
        Assert.Equal("cron.service", recognisers.Recognise("/lxc/web/system.slice/cron.service")?.Name);
        Assert.Equal("app.service", recognisers.Recognise("/lxc/web/user.slice/user-1.slice/user@1.service/app.slice/app.service")?.Name);
        Assert.Equal("cron.service", recognisers.Recognise("/system.slice/cron.service")?.Name);
        Assert.Null(recognisers.Recognise("/lxc/webs/system.slice/cron.service"));
        Assert.Null(recognisers.Recognise("/lxc/other/system.slice/cron.service"));
    }

    [Theory]
    [InlineData("/machine.slice/machine-inner.scope/payload")]
    [InlineData("/lxc.payload.web")]
    [InlineData("/docker/ID")]
    [InlineData("/system.slice/web.service/payload")]
    public void Container_of_the_own_systemd_is_not_a_container(string root)
    {
        root = Expand(root);
        string outer = root[..(root.Length - (root.EndsWith("/payload", StringComparison.Ordinal) ? "/payload".Length : 0))];
        var options = new DiscoverOptions { SystemdServices = true };
        var inside = new ContainerRecognisers(options, root);
        Assert.NotNull(Recognisers.Recognise(outer));
        Assert.Null(inside.Recognise(outer));
        Assert.False(inside.IsInContainer(root + "/system.slice/docker.service"));
        Assert.Equal("cron.service", inside.Recognise(root + "/system.slice/cron.service")?.Name);

        // Others beside it are, and so is one that the configuration names.
        Assert.NotNull(inside.Recognise("/lxc.payload.other"));
        Assert.NotNull(inside.Recognise(root + "/lxc.payload.nested"));
        Assert.Equal(ContainerRuntime.Cgroup, new ContainerRecognisers(options with { CgroupPaths = [outer] }, root).Recognise(outer)?.Runtime);
    }
}
