
namespace NsCollector.PackageTests.Packages;

/// <summary>The same sources give the same bytes.</summary>
public sealed class ReproducibilityTests(BuiltPackages built) : IClassFixture<BuiltPackages>
{
    [RequiresProgramsFact("git", "dpkg-deb", "rpmbuild")]
    public void Built_again_in_another_directory_each_package_has_the_same_bytes()
    {
        // Longer than the tree's own name, and without what earlier builds left there.
        string copy = Path.Combine(Directory.CreateTempSubdirectory("nscollector-built-again-in-another-directory-").FullName, "tree");
        try
        {
            Copy(copy);
            BuiltPackages.Make(copy, "deb", "rpm", "tar");
            Assert.All(built.Names, name => Assert.Equal(
                Sum(BuiltPackages.PathOf(name)),
                Sum(Path.Combine(copy, "artifacts/packages", name))));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        }
    }

    [RequiresProgramsFact("sha256sum")]
    public void The_sums_are_those_of_the_files()
    {
        Command.Run("sh", "-c", $"cd '{BuiltPackages.PathOf("")}' && sha256sum --check --strict SHA256SUMS");
        string sums = File.ReadAllText(BuiltPackages.PathOf("SHA256SUMS"));
        Assert.All(built.Names, name => Assert.Contains($"  {name}\n", sums));
    }

    // What git would have of it, changed or new files as they are.
    private static void Copy(string destination) =>
        Command.Run("bash", "-euo", "pipefail", "-c",
            "mkdir \"$1\"; cd \"$0\"; git ls-files -z --cached --others --exclude-standard --deduplicate | tar --null --files-from=- --ignore-failed-read -cf - | tar -C \"$1\" -xf -; cp -a .git \"$1/\"",
            Repository.Root, destination);

    private static string Sum(string path) => Command.Run("sha256sum", path).Split(' ')[0];
}
