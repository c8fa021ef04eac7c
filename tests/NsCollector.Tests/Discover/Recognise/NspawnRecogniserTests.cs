using NsCollector.Discover;
using NsCollector.Discover.Recognise;

namespace NsCollector.Tests.Discover.Recognise;

public class NspawnRecogniserTests
{
    private static readonly ContainerRecognisers Recognisers = new(new DiscoverOptions { SystemdServices = true });

    [Theory]
    [InlineData("/machine.slice/systemd-nspawn@deb.service", "deb")]
    [InlineData("/machine.slice/systemd-nspawn@my-deb.service", "my-deb")]
    [InlineData(@"/machine.slice/systemd-nspawn@my\x2ddeb.service", "my-deb")]
    [InlineData("/own.slice/systemd-nspawn@deb.service", "deb")]
    [InlineData("/machine.slice/machine-deb.scope", "deb")]
    [InlineData(@"/machine.slice/machine-my\x2ddeb.scope", "my-deb")]
    [InlineData("/machine.slice/machine-eu.slice/machine-deb.scope", "deb")]
    [InlineData("/machine.slice/machine-qemu.scope", "qemu")]
    [InlineData("/lxc.payload.host/machine.slice/systemd-nspawn@deb.service", "deb")]
    public void Container_is_recognised_with_the_name_of_the_path(string path, string name) =>
        Assert.Equal(new RecognisedContainer(ContainerRuntime.Nspawn, name, name, null), Recognisers.Recognise(path));

    [Theory]
    [InlineData("/machine.slice/systemd-nspawn@deb.service/payload")]
    [InlineData("/machine.slice/systemd-nspawn@deb.service/supervisor")]
    [InlineData("/machine.slice/systemd-nspawn@deb.service/payload/system.slice/cron.service")]
    [InlineData("/machine.slice/machine-deb.scope/payload")]
    [InlineData("/machine.slice/machine-deb.scope/supervisor")]
    [InlineData(@"/machine.slice/machine-qemu\x2d1\x2dvm.scope")]
    [InlineData("/machine.slice/machine-.scope")]
    [InlineData("/machine.slice/machine-scope")]
    [InlineData("/system.slice/machine-deb.scope")]
    [InlineData("/machine-deb.scope")]
    [InlineData("/machine.slice")]
    public void Payloads_supervisors_and_virtual_machines_are_not_containers(string path) =>
        Assert.Null(Recognisers.Recognise(path));

    [Fact]
    public void Unit_without_a_name_is_not_a_container() =>
        Assert.False(new NspawnRecogniser().TryRecognise("/machine.slice/systemd-nspawn@.service", out _));

    [Theory]
    [InlineData("", "")]
    [InlineData("a-b", "a-b")]
    [InlineData(@"a\x2db", "a-b")]
    [InlineData(@"\x2d\x2d", "--")]
    [InlineData(@"caf\xc3\xa9", "café")]
    [InlineData(@"a\x2", @"a\x2")]
    [InlineData(@"a\xzz", @"a\xzz")]
    [InlineData(@"a\x", @"a\x")]
    [InlineData(@"\x\x2d", @"\x-")]
    [InlineData(@"a\xff", @"a\xff")]
    [InlineData(@"a\xc3\xa9\xfe", @"a\xc3\xa9\xfe")]
    public void Escapes_of_systemd_are_decoded_and_other_backslashes_stay(string escaped, string plain) =>
        Assert.Equal(plain, SystemdName.Unescape(escaped));
}
