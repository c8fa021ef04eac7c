using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Packages;

/// <summary>Installing, upgrading and removing the .deb. Each test starts and ends with the package installed and without data.</summary>
[Collection(GuestCollection.Name)]
public sealed class DebTests(Guest guest)
{
    private const string Configuration = "/etc/nscollector/nscollector.conf";
    private const string Edited = "# edited by the administrator\n[agent]\ninterval = 1s\n" + CollectedLines.Configuration;
    private const string Dpkg = "DEBIAN_FRONTEND=noninteractive dpkg --force-confold";

    [GuestFact]
    public void Purge_leaves_nothing_and_install_starts_nothing()
    {
        try
        {
            guest.Run("systemctl enable --now nscollector.service");
            Assert.Equal("active", guest.Run("systemctl is-active nscollector.service"));

            guest.Run($"{Dpkg} --purge nscollector");
            AssertNothingLeft();

            string log = guest.Run($"{Dpkg} -i {Guest.Package} 2>&1");
            Assert.DoesNotContain("warning", log, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(("disabled", "inactive"), (guest.Try("systemctl is-enabled nscollector.service").Output.Trim(), guest.Try("systemctl is-active nscollector.service").Output.Trim()));
            Assert.Equal("", guest.Run("dpkg -V nscollector"));
            Assert.Equal(["/etc/logrotate.d/nscollector", Configuration], guest.Run("dpkg-query -W -f='${Conffiles}' nscollector").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(' ')[0]).Order(StringComparer.Ordinal));
            Assert.Matches("^nscollector:x:[1-9][0-9]*:[1-9][0-9]*:[^:]*:/nonexistent:/usr/sbin/nologin$", guest.Run("getent passwd nscollector"));
            Assert.Matches("^nscollector:!", guest.Run("getent shadow nscollector"));
            // All files belong to root, and no other user may write to them.
            Assert.Equal("", guest.Run("find $(dpkg -L nscollector) -maxdepth 0 ! -type l \\( ! -user root -o ! -group root -o -perm /022 \\)"));
            Assert.Equal("700 root root", guest.Run("stat -c '%a %U %G' /etc/nscollector/credentials"));
            guest.Run("dpkg -L nscollector | grep -q '^/usr/share/man/man1/nscollector.1.gz$' && gzip -t /usr/share/man/man1/nscollector.1.gz /usr/share/man/man5/nscollector.conf.5.gz");
            Assert.StartsWith("nscollector " + guest.Run($"dpkg-deb -f {Guest.Package} Version").Split('-')[0], guest.Run("nscollector version"), StringComparison.Ordinal);
        }
        finally
        {
            Restore();
        }
    }

    [GuestFact]
    public void Upgrade_restarts_the_agent_and_keeps_lines_and_configuration()
    {
        try
        {
            InstallEarlier();
            guest.Run("systemctl enable --now nscollector.service");
            Unit.AwaitCycles(guest);
            string before = Unit.MainPid(guest);

            guest.Run($"{Dpkg} -i {Guest.Package}");
            Assert.Equal(("active", "enabled"), (guest.Run("systemctl is-active nscollector.service"), guest.Run("systemctl is-enabled nscollector.service")));
            Assert.NotEqual(before, Unit.MainPid(guest));
            Assert.Equal(Edited, guest.Read(Configuration) + "\n");
            // For the administrator to compare: the earlier package had another one.
            guest.Run($"test -e {Configuration}.dpkg-dist");
            Unit.AwaitCycles(guest, starts: 2);
            Unit.Stop(guest);
            CollectedLines.AssertWhole(CollectedLines.Read(guest), starts: 2);

            // A stopped agent stays stopped.
            guest.Run($"{Dpkg} -i {Guest.Package}");
            Assert.Equal(("inactive", "enabled"), (guest.Try("systemctl is-active nscollector.service").Output.Trim(), guest.Run("systemctl is-enabled nscollector.service")));
        }
        finally
        {
            Restore();
        }
    }

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Remove_stops_the_agent_and_keeps_its_data()
    {
        try
        {
            guest.Write(Configuration, Edited);
            guest.Run("install -m 0600 /dev/stdin /etc/nscollector/credentials/influx.token; systemctl enable --now nscollector.service", "token");
            Unit.AwaitCycles(guest);
            guest.Run("touch /var/lib/nscollector/kept");

            guest.Run($"{Dpkg} --remove nscollector");
            Assert.NotEqual(0, guest.Try("pgrep -x nscollector").Status);
            Assert.NotEqual(0, guest.Try("test -e /usr/bin/nscollector || test -e /usr/lib/systemd/system/nscollector.service").Status);
            Assert.Equal(Edited, guest.Read(Configuration) + "\n");
            guest.Run("test -e /etc/nscollector/credentials/influx.token && test -e /var/lib/nscollector/kept && test -s /var/log/nscollector/metrics.lp");

            guest.Run($"{Dpkg} -i {Guest.Package}");
            Assert.Equal("enabled", guest.Run("systemctl is-enabled nscollector.service"));
            guest.Run("systemctl start nscollector.service");
            Unit.AwaitCycles(guest, starts: 2);
            Unit.Stop(guest);
            CollectedLines.AssertWhole(CollectedLines.Read(guest), starts: 2);
        }
        finally
        {
            Restore();
        }
    }

    // An earlier version with another configuration file, so that dpkg has to choose one.
    private void InstallEarlier()
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string tree = Path.Combine(directory, "tree"), package = Path.Combine(directory, "earlier.deb");
            Command.Run("dpkg-deb", "-R", PackageFiles.FileOfEarlier("nscollector_*_amd64.deb"), tree);
            File.AppendAllText(tree + Configuration, "# as it was in the earlier version\n");
            string sums = Path.Combine(tree, "DEBIAN/md5sums");
            File.WriteAllLines(sums, File.ReadAllLines(sums).Where(line => !line.EndsWith(Configuration[1..], StringComparison.Ordinal)));
            Command.Run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, package);
            guest.CopyIn(package, "/root/packages/earlier.deb");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        guest.Run($"{Dpkg} -i /root/packages/earlier.deb");
        guest.Write(Configuration, Edited);
    }

    private void AssertNothingLeft()
    {
        // Except the tests' own package files.
        Assert.Equal("", guest.Run("find / -xdev -name '*nscollector*' ! -path '/root/*'; find /run /sys/fs/cgroup -ignore_readdir_race -name '*nscollector*' ! -path '/run/systemd/propagate/*'"));
        Assert.NotEqual(0, guest.Try("pgrep -x nscollector").Status);
        // The user remains, locked, so that no other user gets its number.
        Assert.Matches("^nscollector:!", guest.Run("getent shadow nscollector"));
    }

    // Installed, disabled, stopped, with the default configuration and no data.
    private void Restore()
    {
        if (guest.Try("dpkg-query -W -f='${Status} ${Version}' nscollector").Output != "install ok installed " + guest.Run($"dpkg-deb -f {Guest.Package} Version"))
            guest.Run($"{Dpkg} -i {Guest.Package}");
        guest.Run($"""
            systemctl disable --now nscollector.service 2> /dev/null
            rm -rf /var/log/nscollector/* /var/lib/nscollector/* /etc/nscollector/credentials/* {Configuration}.dpkg-dist
            dpkg-deb --fsys-tarfile {Guest.Package} | tar -xO .{Configuration} > {Configuration}
            """);
    }
}
