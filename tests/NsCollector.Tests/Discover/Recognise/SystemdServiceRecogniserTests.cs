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
    public void A_service_is_called_by_its_unit_and_told_apart_by_its_path(string path, string unit)
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
    public void Only_slices_and_a_users_manager_stand_above_a_service(string path) => Assert.Null(Recognisers.Recognise(Expand(path)));

    [Fact]
    public void What_a_runtime_runs_as_a_unit_stays_the_runtimes() =>
        Assert.Equal(ContainerRuntime.Nspawn, Recognisers.Recognise("/machine.slice/systemd-nspawn@deb.service")?.Runtime);
}
