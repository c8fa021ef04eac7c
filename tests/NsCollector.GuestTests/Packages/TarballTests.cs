namespace NsCollector.GuestTests.Packages;

/// <summary>The tarball's install.sh. The .deb under test is installed again at the end.</summary>
[Collection(GuestCollection.Name)]
public sealed class TarballTests(Guest guest)
{
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Install_script_keeps_an_edited_configuration()
    {
        string tarball = PackageFiles.UnderTest(guest, "nscollector-*-linux-x86_64.tar.gz");
        try
        {
            guest.Run($"dpkg --purge nscollector && mkdir /root/tarball && tar -C /root/tarball --strip-components 1 -xzf {tarball} && /root/tarball/install.sh");
            Assert.Equal(("disabled", "inactive"), (guest.Try("systemctl is-enabled nscollector.service").Output.Trim(), guest.Try("systemctl is-active nscollector.service").Output.Trim()));
            guest.Run("systemctl start nscollector.service");
            string before = Service.Unit.MainPid(guest);

            guest.Run("echo '# edited' >> /etc/nscollector/nscollector.conf && /root/tarball/install.sh");
            Assert.NotEqual(before, Service.Unit.MainPid(guest));
            Assert.Equal("# edited", guest.Run("tail -n 1 /etc/nscollector/nscollector.conf"));
            guest.Run("cmp /root/tarball/etc/nscollector/nscollector.conf /etc/nscollector/nscollector.conf.new");
        }
        finally
        {
            guest.Run($"systemctl stop nscollector.service; (cd /root/tarball && find usr etc ! -type d) | sed 's:^:/:' | xargs rm -f; rm -rf /root/tarball /etc/nscollector /var/log/nscollector /var/lib/nscollector; dpkg -i {Guest.Package}");
        }
    }
}
