namespace NsCollector.TestSupport.Files;

/// <summary>The sources these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>Asserts that a generated file has the generator's output. With UPDATE_GENERATED=1 it writes the file first.</summary>
    public static void AssertGenerated(string relative, string wanted)
    {
        string path = PathOf(relative);
        if (Environment.GetEnvironmentVariable("UPDATE_GENERATED") == "1") File.WriteAllText(path, wanted);
        Assert.True(File.Exists(path), $"{relative} is missing; run UPDATE_GENERATED=1 dotnet test tests/NsCollector.Tests");
        Assert.Equal(wanted, File.ReadAllText(path));
    }

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "NsCollector.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException($"No directory above {AppContext.BaseDirectory} contains NsCollector.sln.");
    }
}
