using System.Text.RegularExpressions;

namespace NsCollector.PackageTests.Manual;

/// <summary>The manual pages, rendered by the programs that show them.</summary>
public sealed partial class ManualPageTests
{
    private const string CommandPage = "packaging/man/nscollector.1", ConfigurationPage = "packaging/man/nscollector.conf.5";

    [RequiresProgramsFact("man", "groff")]
    public void Man_prints_no_warning()
    {
        foreach (string page in (string[])[CommandPage, ConfigurationPage])
        {
            (int status, string output, string errors) = Command.Try("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", Repository.PathOf(page));
            Assert.Equal((0, ""), (status, errors));
            Assert.NotEmpty(output);
        }
    }

    [RequiresProgramsFact("mandoc")]
    public void Mandoc_prints_no_warning()
    {
        foreach (string page in (string[])[CommandPage, ConfigurationPage])
        {
            Assert.Equal((0, "", ""), Command.Try("mandoc", "-Tlint", "-W", "warning", Repository.PathOf(page)));
        }
    }

    [RequiresProgramsFact("lexgrog")]
    public void Whatis_finds_both_names()
    {
        Assert.Contains(": \"nscollector - sample the cgroups", Command.Run("lexgrog", Repository.PathOf(CommandPage)), StringComparison.Ordinal);
        Assert.Contains(": \"nscollector.conf - configuration", Command.Run("lexgrog", Repository.PathOf(ConfigurationPage)), StringComparison.Ordinal);
    }

    [RequiresProgramsFact("man", "groff", "mandoc")]
    public void Rendered_page_shows_no_markup()
    {
        foreach (string page in (string[])[CommandPage, ConfigurationPage])
        {
            foreach (string text in (string[])[Rendered(page), Command.Run("mandoc", "-Tascii", Repository.PathOf(page))])
            {
                Assert.DoesNotMatch(RawMacro(), text);
                Assert.DoesNotContain("@", text, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Characters that groff would replace by others. Text copied from the page must be valid input for the agent.</summary>
    [RequiresProgramsFact("man", "groff")]
    public void Text_to_type_is_rendered_in_ascii()
    {
        string command = Rendered(CommandPage), configuration = Rendered(ConfigurationPage);
        Assert.Contains("nscollector sample --format table --interval 2s", command, StringComparison.Ordinal);
        Assert.Contains("nscollector run --set agent:interval=1s --set file:main:path=-", command, StringComparison.Ordinal);
        Assert.Contains("exclude = */test-*", configuration, StringComparison.Ordinal);
        Assert.Contains("--cgroup", configuration, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("man", "groff")]
    public void Page_has_every_key_of_the_example_file_with_its_default()
    {
        string page = Rendered(ConfigurationPage);
        string[] lines = File.ReadAllLines(Repository.PathOf("packaging/nscollector.conf"));
        string[] keys = [.. lines.Where(line => ExampleKey().IsMatch(line) && line != "#datacenter = fra1").Select(line => line[1..line.IndexOf(" =", StringComparison.Ordinal)])];
        Assert.InRange(keys.Length, 80, 500);
        foreach (string key in keys) Assert.Matches($@"(?m)^ +{Regex.Escape(key)}( |$)", page);
        Assert.Matches(@"(?m)^ +max_age\n +Maximum age of a file[^\n]*\n( +[^\n]*\n)* +Expected: a whole number[^\n]*\n( +[^\n]*\n)* +Default: 7d\.$", page);
    }

    private static string Rendered(string page) => Command.Run("env", "MANWIDTH=120", "LC_ALL=C.UTF-8", "MAN_KEEP_FORMATTING=", "man", "-E", "UTF-8", "-l", "-P", "cat", Repository.PathOf(page));

    [GeneratedRegex(@"(?m)^\s*\.[A-Z]{1,2}\b|\\f[BIR]|\\\(|\\[-&e]")]
    private static partial Regex RawMacro();

    [GeneratedRegex(@"^#[a-z_0-9]+ =")]
    private static partial Regex ExampleKey();
}
