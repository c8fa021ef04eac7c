using System.Runtime.CompilerServices;

namespace NsCollector.Tests.Fixtures;

/// <summary>Finds files of the repository from a test, and keeps generated documents true.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    /// <summary>Asserts that a generated file says what its generator says; with NSCOLLECTOR_WRITE_DOCS=1 writes it.</summary>
    internal static void AssertGenerated(string relativePath, string expected)
    {
        string path = Path.Combine(Root, relativePath);
        if (Environment.GetEnvironmentVariable("NSCOLLECTOR_WRITE_DOCS") == "1") File.WriteAllText(path, expected);
        Assert.True(File.Exists(path), $"{relativePath} is missing; write it with NSCOLLECTOR_WRITE_DOCS=1.");
        Assert.Equal(expected, File.ReadAllText(path));
    }

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        DirectoryInfo? directory = new FileInfo(thisFile).Directory;
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "NsCollector.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException($"no NsCollector.sln above {thisFile}");
    }
}
