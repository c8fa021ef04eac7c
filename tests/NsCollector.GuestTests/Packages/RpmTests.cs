using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Packages;

/// <summary>
/// Installing, upgrading and removing the .rpm with Debian's rpm(8). systemd, kernel and scriptlets are real, but dependencies are
/// not checked. The .deb under test is installed again at the end.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class RpmTests(Guest guest)
{
    private const string Configuration = "/etc/nscollector/nscollector.conf";
    private const string Edited = "# edited by the administrator\n[agent]\ninterval = 1s\n" + CollectedLines.Configuration;

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Package_installs_upgrades_and_erases_like_the_deb()
    {
        string earlier = PackageFiles.Earlier(guest, "nscollector-*.x86_64.rpm"), package = PackageFiles.UnderTest(guest, "nscollector-*.x86_64.rpm");
        try
        {
            guest.Run($"dpkg --purge nscollector && rpm -i --nodeps {earlier}");
            Assert.Equal(("disabled", "inactive"), (guest.Try("systemctl is-enabled nscollector.service").Output.Trim(), guest.Try("systemctl is-active nscollector.service").Output.Trim()));
            Assert.Equal("", guest.Run("rpm -V --nodeps nscollector"));
            Assert.Equal("700 root root", guest.Run("stat -c '%a %U %G' /etc/nscollector/credentials"));
            Assert.Equal($"/etc/logrotate.d/nscollector\n{Configuration}", guest.Run("rpm -q --configfiles nscollector"));

            guest.Write(Configuration, Edited);
            guest.Run("systemctl enable --now nscollector.service");
            Unit.AwaitCycles(guest);
            string before = Unit.MainPid(guest);
            guest.Run($"rpm -U --nodeps {package}");
            Assert.Equal(("active", "enabled"), (guest.Run("systemctl is-active nscollector.service"), guest.Run("systemctl is-enabled nscollector.service")));
            Assert.NotEqual(before, Unit.MainPid(guest));
            Assert.Equal(Edited, guest.Read(Configuration) + "\n");
            Unit.AwaitCycles(guest, starts: 2);

            guest.Run("rpm -e nscollector");
            Assert.NotEqual(0, guest.Try("pgrep -x nscollector").Status);
            Assert.Equal(Edited, guest.Read(Configuration + ".rpmsave") + "\n");
            CollectedLines.AssertWhole(CollectedLines.Read(guest), starts: 2);
            Assert.Equal("", guest.Run("find /usr /etc/systemd /run/systemd/system -name '*nscollector*'"));
        }
        finally
        {
            guest.Run($"rpm -e nscollector 2> /dev/null; systemctl stop nscollector.service 2> /dev/null; rm -rf /etc/nscollector /var/log/nscollector /var/lib/nscollector; dpkg -i {Guest.Package}");
        }
    }
}
