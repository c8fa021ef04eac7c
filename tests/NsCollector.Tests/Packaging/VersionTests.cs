using System.Globalization;
using System.Text.RegularExpressions;

namespace NsCollector.Tests.Packaging;

/// <summary>The changelogs and the build state the same version and release date.</summary>
public sealed class VersionTests
{
    [Fact]
    public void Changelogs_and_build_have_the_same_version()
    {
        string built = Regex.Match(Text("Directory.Build.props"), "<Version>(.*)</Version>").Groups[1].Value;
        Match changelog = Regex.Match(Text("CHANGELOG.md"), @"^## (\d\S*) \((\d{4}-\d\d-\d\d)\)$", RegexOptions.Multiline);
        Match debian = Regex.Match(Text("packaging/deb/changelog"), @"\Anscollector \((.*)-1\) [\s\S]*? -- .*>  \w{3}, (\d\d \w{3} \d{4}) ");
        Assert.Equal((built, built), (changelog.Groups[1].Value, debian.Groups[1].Value));
        Assert.Equal(
            DateOnly.ParseExact(changelog.Groups[2].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            DateOnly.ParseExact(debian.Groups[2].Value, "dd MMM yyyy", CultureInfo.InvariantCulture));
    }

    private static string Text(string path) => File.ReadAllText(Repository.PathOf(path));
}
