using System.Diagnostics;
using System.Globalization;

namespace NsCollector.PackageTests.Packages;

/// <summary>The packages of <c>packaging/package</c>. They are built again if one is missing or older than its sources.</summary>
public sealed class BuiltPackages
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);
    private static readonly string[] Sources = ["packaging", "systemd", "docs", "README.md", "CHANGELOG.md", "LICENSE", "Directory.Build.props"];

    /// <summary>Builds the packages if necessary.</summary>
    public BuiltPackages()
    {
        if (!AreFresh()) Make(Repository.Root, "deb", "rpm", "tar");
    }

    /// <summary>The version of these sources.</summary>
    public static string Version { get; } = Command.Run(Repository.PathOf("packaging/version"));

    /// <summary>The names for this machine's architecture.</summary>
    public static PackageNames Native { get; } = new("");

    /// <summary>The name of the Debian package for this machine.</summary>
    public string Deb => Native.Deb;

    /// <summary>The name of the RPM package for this machine.</summary>
    public string Rpm => Native.Rpm;

    /// <summary>The name of the tarball for this machine.</summary>
    public string Tarball => Native.Tarball;

    /// <summary>The name of the tarball with the symbols for debuggers.</summary>
    public string Symbols => Native.Symbols;

    /// <summary>All packages of all architectures.</summary>
    public IEnumerable<string> Names => PackageNames.All.SelectMany(names => names.Files);

    /// <summary>The path of a package.</summary>
    public static string PathOf(string name) => Repository.PathOf(Path.Combine("artifacts/packages", name));

    /// <summary>Runs <c>packaging/package</c> of a tree.</summary>
    public static void Make(string root, params string[] arguments)
    {
        using Process process = Command.Start(Path.Combine(root, "packaging/package"), arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"packaging/package did not exit within {Patience}");
        }

        Assert.True(process.ExitCode == 0, $"packaging/package exited with status {process.ExitCode}: {errors.Result}{output.Result}");
    }

    private bool AreFresh()
    {
        string[] packages = [.. Names.Select(PathOf)];
        string[] executables = [.. PackageNames.All.Select(names => Path.Combine(names.Directory, "nscollector"))];
        if (!packages.All(File.Exists) || !executables.All(File.Exists)) return false;
        DateTime oldest = packages.Min(File.GetLastWriteTimeUtc);
        // A commit changes the packages' times and the executable's commit hash, even if no file here has changed.
        long committed = long.Parse(Command.Run(Repository.PathOf("packaging/source-date")), CultureInfo.InvariantCulture);
        return DateTimeOffset.FromUnixTimeSeconds(committed).UtcDateTime <= oldest && Sources.Select(Repository.PathOf).Concat(executables)
            .SelectMany(path => Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [path])
            .All(path => File.GetLastWriteTimeUtc(path) <= oldest);
    }
}
