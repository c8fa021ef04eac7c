namespace NsCollector.PackageTests;

/// <summary>The tree these tests were built from.</summary>
internal static class RepositoryFiles
{
    internal static string Root { get; } = Find();

    internal static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "NsCollector.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException($"NsCollector.sln is nowhere above {AppContext.BaseDirectory}.");
    }
}
