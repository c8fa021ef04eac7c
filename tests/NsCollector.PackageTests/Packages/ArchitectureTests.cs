using System.Text.RegularExpressions;

namespace NsCollector.PackageTests.Packages;

/// <summary>The packages of all architectures: the same files, dependencies that match the executable, and the licence.</summary>
public sealed partial class ArchitectureTests(BuiltPackages built) : IClassFixture<BuiltPackages>
{
    private static readonly string[] LibrariesOfLibc = ["libc.so.6", "libm.so.6", "librt.so.1", "libpthread.so.0", "libdl.so.2", "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2"];

    /// <summary>All architectures, by their names in the kernel.</summary>
    public static TheoryData<string> All => [.. PackageNames.All.Select(names => names.Kernel)];

    [RequiresTheory("dpkg-deb")]
    [MemberData(nameof(All))]
    public void Deb_has_the_same_files_and_its_own_architecture(string architecture)
    {
        string deb = BuiltPackages.PathOf(new PackageNames(architecture).Deb);
        Assert.Equal(new PackageNames(architecture).Debian, Command.Run("dpkg-deb", "--field", deb, "Architecture"));
        Assert.Equal(InstalledFiles.Debian, InstalledFiles.Sorted(
            Command.Run("dpkg-deb", "--contents", deb).Split('\n')
                .Select(line => line.Split((char[]?)null, 6, StringSplitOptions.RemoveEmptyEntries))
                .Select(fields => $"{fields[0]} {fields[1]} {fields[5].TrimStart('.').TrimEnd('/')}")));
    }

    [RequiresTheory("dpkg-deb", "readelf")]
    [MemberData(nameof(All))]
    public void Deb_depends_on_the_libraries_of_its_files(string architecture)
    {
        var names = new PackageNames(architecture);
        using var tree = new ExtractedDeb(BuiltPackages.PathOf(names.Deb));
        string[] files = [Path.Combine(tree.Path, "usr/lib/nscollector/nscollector"), Path.Combine(tree.Path, "usr/lib/nscollector/libMonoPosixHelper.so")];
        string[] needed = [.. files.SelectMany(Needed).Distinct()];
        Assert.Contains("libc.so.6", needed);
        Assert.Empty(needed.Except([.. LibrariesOfLibc, "libz.so.1"]));

        string[] depends = Command.Run("dpkg-deb", "--field", BuiltPackages.PathOf(names.Deb), "Depends").Split(", ");
        Assert.Contains("libssl3t64 | libssl3", depends);
        Assert.Equal(needed.Contains("libz.so.1"), depends.Any(dependency => dependency.StartsWith("zlib1g (>= ", StringComparison.Ordinal)));
        Version newest = files.SelectMany(GlibcVersions).Max()!;
        Version stated = Version.Parse(Assert.Single(depends, dependency => dependency.StartsWith("libc6 (>= ", StringComparison.Ordinal))["libc6 (>= ".Length..^1]);
        Assert.True(stated >= newest, $"depends on libc6 {stated}, uses symbols of {newest}");

        // RHEL 9 has this version, and Debian 12 a newer one.
        Assert.True(newest <= new Version(2, 34), $"uses symbols of glibc {newest}");
    }

    [RequiresTheory("rpm")]
    [MemberData(nameof(All))]
    public void Rpm_has_the_same_files_requirements_and_its_own_architecture(string architecture)
    {
        var names = new PackageNames(architecture);
        string Query(params string[] arguments) => Command.Run("rpm", ["-qp", .. arguments, BuiltPackages.PathOf(names.Rpm)]);
        Assert.Equal(names.RpmArchitecture, Query("--queryformat", "%{arch}"));
        Assert.Equal(InstalledFiles.Elsewhere, InstalledFiles.Sorted(
            Query("--queryformat", "[%{filemodes:perms} %{fileusername}/%{filegroupname} %{filenames}|%{filelinktos}\n]").Split('\n')
                .Select(line => line.EndsWith('|') ? line[..^1] : line.Replace("|", " -> ", StringComparison.Ordinal))));
        string[] requires = Query("--requires").Split('\n');
        Assert.All((string[])["libc.so.6()(64bit)", "libz.so.1()(64bit)", "libssl.so.3()(64bit)"], name => Assert.Contains(name, requires));
    }

    [RequiresTheory("tar", "readelf")]
    [MemberData(nameof(All))]
    public void Executables_of_the_tarball_are_of_its_architecture(string architecture)
    {
        var names = new PackageNames(architecture);
        string directory = Directory.CreateTempSubdirectory("nscollector-tarball-").FullName;
        try
        {
            Command.Run("tar", "--extract", "--gzip", "--directory", directory, "--file", BuiltPackages.PathOf(names.Tarball));
            foreach (string file in new[] { "nscollector", "libMonoPosixHelper.so" })
            {
                string header = Command.Run("readelf", "--file-header", Path.Combine(directory, $"nscollector-{BuiltPackages.Version}/usr/lib/nscollector", file));
                Assert.Contains(architecture == "aarch64" ? "AArch64" : "X86-64", header, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [RequiresTheory("dpkg-deb", "rpm", "tar")]
    [MemberData(nameof(All))]
    public void Each_package_contains_the_licence(string architecture)
    {
        var names = new PackageNames(architecture);
        string licence = File.ReadAllText(Repository.PathOf("LICENSE"));
        Assert.StartsWith("MIT License\n\nCopyright (c) 2026 NsCollector contributors\n", licence, StringComparison.Ordinal);

        using var tree = new ExtractedDeb(BuiltPackages.PathOf(names.Deb));
        string copyright = File.ReadAllText(Path.Combine(tree.Path, "usr/share/doc/nscollector/copyright"));
        Assert.Contains("Files: *\nCopyright: 2026 NsCollector contributors\nLicense: Expat\n", copyright, StringComparison.Ordinal);
        string paragraph = copyright.Split("\nLicense: Expat\n Permission")[1].Split("\n\nLicense: ")[0].Replace("\n .\n", "\n\n", StringComparison.Ordinal).Replace("\n ", "\n", StringComparison.Ordinal);
        Assert.Equal(licence[licence.IndexOf("Permission", StringComparison.Ordinal)..].TrimEnd(), ("Permission" + paragraph).TrimEnd());

        Assert.Equal("MIT", Command.Run("rpm", "-qp", "--queryformat", "%{license}", BuiltPackages.PathOf(names.Rpm)));
        Assert.Equal("/usr/share/licenses/nscollector/LICENSE", Command.Run("rpm", "-qp", "--licensefiles", BuiltPackages.PathOf(names.Rpm)).Split('\n')[^1]);
        Assert.Equal(licence.TrimEnd(), Command.Run("tar", "--extract", "--gzip", "--to-stdout", "--file", BuiltPackages.PathOf(names.Tarball), $"nscollector-{BuiltPackages.Version}/LICENSE"));
    }

    [RequiresTheory("lintian")]
    [MemberData(nameof(All))]
    public void Lintian_reports_only_overridden_tags(string architecture)
    {
        (int status, string output, string errors) = DebianPackageTests.Lintian(BuiltPackages.PathOf(new PackageNames(architecture).Deb));
        Assert.True(status == 0, output + errors);
        Assert.DoesNotContain("unused-override", output, StringComparison.Ordinal);
        Assert.DoesNotContain("mismatched-override", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Packages_exist_for_both_architectures() =>
        Assert.Equal(["aarch64", "x86_64"], PackageNames.All.Where(names => names.Files.All(built.Names.Contains)).Select(names => names.Kernel).Order());

    private static IEnumerable<string> Needed(string file) => NeededLibrary().Matches(Command.Run("readelf", "--dynamic", "--wide", file)).Select(match => match.Groups[1].Value);

    private static IEnumerable<Version> GlibcVersions(string file) => GlibcVersion().Matches(Command.Run("readelf", "--version-info", "--wide", file)).Select(match => Version.Parse(match.Groups[1].Value));

    [GeneratedRegex(@"\(NEEDED\).*\[(.*)\]")]
    private static partial Regex NeededLibrary();

    [GeneratedRegex(@"Name: GLIBC_([0-9.]+) ")]
    private static partial Regex GlibcVersion();

    private sealed class ExtractedDeb : IDisposable
    {
        public ExtractedDeb(string deb) => Command.Run("dpkg-deb", "--extract", deb, Path);

        public string Path { get; } = Directory.CreateTempSubdirectory("nscollector-deb-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
