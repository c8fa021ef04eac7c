using System.Text.RegularExpressions;

namespace NsCollector.Tests.Architecture;

/// <summary>Names of tests are read in lists of results: feature, condition, result, and no longer than a line there.</summary>
public partial class TestNamesTests
{
    private const int MaxCharacters = 70;

    [Fact]
    public void Test_names_fit_a_line_of_results()
    {
        string tests = Repository.PathOf("tests");
        string[] tooLong =
        [
            .. Directory.EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories)
                .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
                .SelectMany(path => PublicMethod().Matches(File.ReadAllText(path)).Select(match => (Path: Path.GetRelativePath(tests, path), Name: match.Groups[1].Value)))
                .Where(test => test.Name.Length > MaxCharacters)
                .Select(test => $"{test.Path}: {test.Name} ({test.Name.Length} characters)"),
        ];
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [GeneratedRegex(@"^\s+public (?:async )?(?:void|Task) (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex PublicMethod();
}
