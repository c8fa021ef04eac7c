
namespace NsCollector.PackageTests.Packages;

/// <summary>The tarball and its install.sh.</summary>
public sealed class TarballTests(BuiltPackages built) : IClassFixture<BuiltPackages>, IDisposable
{
    private static readonly string Top = $"nscollector-{BuiltPackages.Version}";
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-tarball-").FullName;

    [RequiresProgramsFact("tar")]
    public void Every_file_has_its_path_owner_and_mode() =>
        Assert.Equal(
            InstalledFiles.Sorted([.. InstalledFiles.Elsewhere, "-rwxr-xr-x root/root /install.sh", "-rw-r--r-- root/root /LICENSE"]),
            InstalledFiles.Sorted(Command.Run("tar", "--list", "--verbose", "--gzip", "--file", BuiltPackages.PathOf(built.Tarball)).Split('\n')
                .Select(line => line.Split((char[]?)null, 6, StringSplitOptions.RemoveEmptyEntries))
                .Select(fields => $"{fields[0]} {fields[1].Replace("0/0", "root/root", StringComparison.Ordinal)} {fields[5][Top.Length..].TrimEnd('/')}")));

    [RequiresProgramsFact("tar")]
    public void Install_script_works_with_DESTDIR_and_keeps_the_configuration()
    {
        string there = Path.Combine(_directory, "there"), configuration = Path.Combine(there, "etc/nscollector/nscollector.conf");
        Install(there);
        Assert.StartsWith($"nscollector {BuiltPackages.Version}\n", Command.Run(Path.Combine(there, "usr/bin/nscollector"), "version"));
        Assert.Equal("drwx------", Command.Run("stat", "--format", "%A", Path.Combine(there, "etc/nscollector/credentials")));
        string shipped = File.ReadAllText(configuration);

        Install(there);
        Assert.False(File.Exists(configuration + ".new"));

        File.WriteAllText(configuration, "[agent]\ninterval = 5s\n");
        Install(there);
        Assert.Equal("[agent]\ninterval = 5s\n", File.ReadAllText(configuration));
        Assert.Equal(shipped, File.ReadAllText(configuration + ".new"));
    }

    [RequiresProgramsFact("tar", "readelf")]
    public void Symbols_belong_to_this_executable()
    {
        string id = Command.Run("readelf", "--notes", Repository.PathOf("artifacts/nscollector")).Split("Build ID: ")[1].Split('\n')[0].Trim();
        string[] names = Command.Run("tar", "--list", "--gzip", "--file", BuiltPackages.PathOf(built.Symbols)).Split('\n');
        Assert.Contains($"usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug", names);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Install(string destination)
    {
        Command.Run("tar", "--extract", "--gzip", "--directory", _directory, "--file", BuiltPackages.PathOf(built.Tarball));
        Command.Run("env", $"DESTDIR={destination}", Path.Combine(_directory, Top, "install.sh"));
    }
}
