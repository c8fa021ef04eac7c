
namespace NsCollector.PackageTests.Packages;

/// <summary>Checks the .deb with dpkg and lintian. The guest's tests install, upgrade and purge it.</summary>
public sealed class DebianPackageTests(BuiltPackages built) : IClassFixture<BuiltPackages>
{
    private string Deb => BuiltPackages.PathOf(built.Deb);

    [RequiresProgramsFact("dpkg-deb")]
    public void Every_file_has_its_path_owner_and_mode() =>
        Assert.Equal(InstalledFiles.Debian, InstalledFiles.Sorted(
            Command.Run("dpkg-deb", "--contents", Deb).Split('\n')
                .Select(line => line.Split((char[]?)null, 6, StringSplitOptions.RemoveEmptyEntries))
                .Select(fields => $"{fields[0]} {fields[1]} {fields[5].TrimStart('.').TrimEnd('/')}")));

    [RequiresProgramsFact("dpkg-deb")]
    public void Only_editable_files_are_conffiles() =>
        Assert.Equal(["/etc/logrotate.d/nscollector", "/etc/nscollector/nscollector.conf"], Control("conffiles").Split('\n').Order());

    [RequiresProgramsFact("dpkg-deb")]
    public void Deb_depends_on_linked_and_on_later_loaded_libraries()
    {
        string[] depends = Field("Depends").Split(", ");
        Assert.Contains(depends, dependency => dependency.StartsWith("libc6 (>= 2.", StringComparison.Ordinal));
        Assert.Contains(depends, dependency => dependency.StartsWith("zlib1g (>= ", StringComparison.Ordinal));
        // The same library has different names in Debian 13 and 12.
        Assert.Contains("libssl3t64 | libssl3", depends);
        Assert.Equal($"{BuiltPackages.Version}-1", Field("Version"));
    }

    [RequiresProgramsFact("dpkg-deb")]
    public void Scripts_start_nothing_restart_on_upgrade_and_stop_on_removal()
    {
        string after = Control("postinst"), before = Control("prerm"), purge = Control("postrm");
        Assert.DoesNotContain("deb-systemd-invoke start", after);
        Assert.DoesNotContain("systemctl start", after);
        // It enables the unit only if an administrator had enabled it before.
        Assert.Equal(after.Split("deb-systemd-helper enable").Length, after.Split("deb-systemd-helper --quiet was-enabled").Length);
        Assert.Contains("deb-systemd-invoke try-restart 'nscollector.service'", after);
        Assert.Contains("systemd-sysusers ${DPKG_ROOT:+--root=\"$DPKG_ROOT\"} nscollector.conf", after);
        Assert.Contains("deb-systemd-invoke stop nscollector.service", before);
        Assert.Contains("rm -rf /etc/nscollector /var/lib/nscollector /var/log/nscollector", purge);
        foreach (string script in new[] { after, before, purge })
            Assert.DoesNotContain(".slice", script);
    }

    [RequiresProgramsFact("lintian", "dpkg-deb")]
    public void Lintian_detects_a_missing_copyright_and_a_world_writable_file()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-deb-").FullName;
        try
        {
            string tree = Path.Combine(directory, "tree"), broken = Path.Combine(directory, "broken.deb");
            Command.Run("dpkg-deb", "--raw-extract", Deb, tree);
            File.Delete(Path.Combine(tree, "usr/share/doc/nscollector/copyright"));
            Command.Run("chmod", "0666", Path.Combine(tree, "usr/lib/sysusers.d/nscollector.conf"));
            Command.Run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, broken);
            (int status, string output, _) = Lintian(broken);
            Assert.NotEqual(0, status);
            Assert.Contains("no-copyright-file", output);
            Assert.Contains("non-standard-file-perm", output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [RequiresProgramsFact("dpkg", "dpkg-deb", "rpm")]
    public void Package_of_another_version_is_made_from_the_same_files()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-previous-").FullName;
        try
        {
            BuiltPackages.Make(Repository.Root, "--built", "--arch", BuiltPackages.Native.Kernel, "--version", "0.0.9", "--output", directory, "deb", "rpm");
            string deb = Directory.GetFiles(directory, "nscollector_0.0.9-1_*.deb").Single();
            string previous = Command.Run("dpkg-deb", "--field", deb, "Version");
            Assert.Equal(0, Command.Try("dpkg", "--compare-versions", previous, "lt", Field("Version")).Status);
            Assert.Equal("0.0.9-1", Command.Run("rpm", "-qp", "--queryformat", "%{version}-%{release}", Directory.GetFiles(directory, "*.rpm").Single()));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    internal static (int Status, string Output, string Errors) Lintian(string deb) =>
        Command.Try("lintian", "--allow-root", "--display-info", "--suppress-tags", string.Join(',', Unanswered), "--fail-on", "error,warning", deb);

    // lintian reports these as "info" only. .NET's linking or texts in the executable cause them.
    private static readonly string[] Unanswered =
        ["binary-has-unneeded-section", "hardening-no-bindnow", "package-supports-alternative-init-but-no-init.d-script", "spelling-error-in-binary"];

    private string Control(string file) => Command.Run("dpkg-deb", "--info", Deb, file);

    private string Field(string name) => Command.Run("dpkg-deb", "--field", Deb, name);
}
