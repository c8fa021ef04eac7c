
namespace NsCollector.PackageTests.Packages;

/// <summary>The same sources give the same bytes.</summary>
public sealed class ReproducibilityTests(BuiltPackages built) : IClassFixture<BuiltPackages>
{
    [RequiresProgramsFact("git", "dpkg-deb", "rpmbuild")]
    public void Packages_built_in_another_directory_have_the_same_bytes()
    {
        // A longer path than the tree's, without the output of earlier builds.
        string copy = Path.Combine(Directory.CreateTempSubdirectory("nscollector-built-again-in-another-directory-").FullName, "tree");
        try
        {
            Copy(copy);

            // Compiling ahead of time takes minutes, and the compiler and the steps are the same for each architecture.
            BuiltPackages.Make(copy, "--arch", BuiltPackages.Native.Kernel, "deb", "rpm", "tar");
            Assert.All(BuiltPackages.Native.Files, name => Assert.Equal(
                Sum(BuiltPackages.PathOf(name)),
                Sum(Path.Combine(copy, "artifacts/packages", name))));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        }
    }

    [RequiresProgramsFact("sha256sum")]
    public void Checksums_match_the_files()
    {
        Command.Run("sh", "-c", $"cd '{BuiltPackages.PathOf("")}' && sha256sum --check --strict SHA256SUMS");
        string sums = File.ReadAllText(BuiltPackages.PathOf("SHA256SUMS"));
        Assert.All(built.Names, name => Assert.Contains($"  {name}\n", sums));
    }

    // The files that git knows or would add, with their current content.
    private static void Copy(string destination) =>
        Command.Run("bash", "-euo", "pipefail", "-c",
            "mkdir \"$1\"; cd \"$0\"; git ls-files -z --cached --others --exclude-standard --deduplicate | tar --null --files-from=- --ignore-failed-read -cf - | tar -C \"$1\" -xf -; cp -a .git \"$1/\"",
            Repository.Root, destination);

    private static string Sum(string path) => Command.Run("sha256sum", path).Split(' ')[0];
}
