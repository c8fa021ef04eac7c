
namespace NsCollector.PackageTests.Packages;

/// <summary>Checks the .rpm with rpm.</summary>
public sealed class RpmPackageTests(BuiltPackages built) : IClassFixture<BuiltPackages>
{
    [RequiresProgramsFact("rpm")]
    public void Every_file_has_its_path_owner_and_mode() =>
        Assert.Equal(InstalledFiles.Elsewhere, InstalledFiles.Sorted(
            Query("--queryformat", "[%{filemodes:perms} %{fileusername}/%{filegroupname} %{filenames}|%{filelinktos}\n]").Split('\n')
                .Select(line => line.EndsWith('|') ? line[..^1] : line.Replace("|", " -> ", StringComparison.Ordinal))));

    [RequiresProgramsFact("rpm")]
    public void Only_editable_files_are_noreplace_configuration() =>
        Assert.Equal(
            ["/etc/logrotate.d/nscollector cn", "/etc/nscollector/nscollector.conf cn"],
            Query("--queryformat", "[%{filenames} %{fileflags:fflags}\n]").Split('\n').Where(line => line.Split(' ')[1].Contains('c')));

    [RequiresProgramsFact("rpm")]
    public void Requirements_are_provided_by_Fedora_and_RHEL_9()
    {
        string[] requires = Query("--requires").Split('\n');
        Assert.Contains("libc.so.6()(64bit)", requires);
        Assert.Contains("libz.so.1()(64bit)", requires);
        Assert.Contains("libssl.so.3()(64bit)", requires);
        // RHEL 9 has glibc 2.34, and an rpm that supports zstd.
        Version[] glibc = [.. requires.Where(name => name.Contains("(GLIBC_", StringComparison.Ordinal)).Select(name => System.Version.Parse(name.Split("(GLIBC_")[1].Split(')')[0]))];
        Assert.NotEmpty(glibc);
        Assert.True(glibc.Max() <= new Version(2, 34), $"asks for glibc {glibc.Max()}");
        // The library is private to the agent.
        Assert.DoesNotContain(Query("--provides").Split('\n'), name => name.Contains(".so", StringComparison.Ordinal));
    }

    [RequiresProgramsFact("rpm")]
    public void Scripts_start_nothing_restart_on_upgrade_and_stop_on_removal()
    {
        string scripts = Query("--scripts");
        Assert.Contains("systemctl try-restart nscollector.service", scripts);
        Assert.Contains("systemctl --no-reload disable --now nscollector.service", scripts);
        Assert.Contains("systemd-sysusers nscollector.conf", scripts);
        Assert.DoesNotContain("systemctl start", scripts);
        Assert.DoesNotContain("systemctl enable", scripts);
    }

    private string Query(params string[] arguments) => Command.Run("rpm", ["-qp", .. arguments, BuiltPackages.PathOf(built.Rpm)]);
}
