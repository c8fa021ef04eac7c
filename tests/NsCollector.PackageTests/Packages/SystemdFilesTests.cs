
namespace NsCollector.PackageTests.Packages;

/// <summary>The user and the directory that systemd creates from the package's files, in a separate root.</summary>
public sealed class SystemdFilesTests : IClassFixture<BuiltPackages>, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nscollector-systemd-").FullName;

    /// <summary>Unpacks the package.</summary>
    public SystemdFilesTests(BuiltPackages built) => Command.Run("dpkg-deb", "--extract", BuiltPackages.PathOf(built.Deb), _root);

    [RequiresFact("systemd-sysusers", "dpkg-deb")]
    public void User_is_a_system_user_without_login()
    {
        Command.Run("systemd-sysusers", "--root=" + _root, "nscollector.conf");
        string[] user = File.ReadAllLines(Path.Combine(_root, "etc/passwd")).Single(line => line.StartsWith("nscollector:", StringComparison.Ordinal)).Split(':');
        Assert.InRange(int.Parse(user[2], System.Globalization.CultureInfo.InvariantCulture), 1, 999);
        Assert.Equal(("NsCollector agent", "/nonexistent", "/usr/sbin/nologin"), (user[4], user[5], user[6]));
        string password = File.ReadAllLines(Path.Combine(_root, "etc/shadow")).Single(line => line.StartsWith("nscollector:", StringComparison.Ordinal)).Split(':')[1];
        Assert.StartsWith("!", password, StringComparison.Ordinal);
        Assert.Contains(File.ReadAllLines(Path.Combine(_root, "etc/group")), line => line.StartsWith($"nscollector:x:{user[3]}:", StringComparison.Ordinal));
    }

    [RequiresFact("systemd-tmpfiles", "dpkg-deb")]
    public void Removed_credentials_directory_is_created_again_for_root_only()
    {
        string credentials = Path.Combine(_root, "etc/nscollector/credentials");
        Directory.Delete(credentials);
        Command.Run("systemd-tmpfiles", "--root=" + _root, "--create", "nscollector.conf");
        Assert.Equal("drwx------ root root", Command.Run("stat", "--format", "%A %U %G", credentials));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
