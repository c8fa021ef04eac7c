using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover;

namespace NsCollector.Tests.Discover;

public class GlobTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "/any/thing", true)]
    [InlineData("docker/web-*", "docker/web-1", true)]
    [InlineData("docker/web-*", "docker/web", false)]
    [InlineData("docker/web-*", "xdocker/web-1", false)]
    [InlineData("/build/*/x", "/build/a/b/x", true)]
    [InlineData("*/test-*", "lxc/test-", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("a?c", "a/c", true)]
    [InlineData("Web", "web", false)]
    [InlineData("**a**", "a", true)]
    [InlineData("a*b*c", "a__b__b__c", true)]
    [InlineData("a*b*c", "a__c__b", false)]
    public void Stars_and_question_marks_match_also_slashes(string pattern, string text, bool fits) =>
        Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Theory]
    [InlineData("[abc]", "b", true)]
    [InlineData("[abc]", "d", false)]
    [InlineData("[abc]", "", false)]
    [InlineData("web[0-9]", "web7", true)]
    [InlineData("web[0-9]", "webx", false)]
    [InlineData("[!x]", "x", false)]
    [InlineData("[!x]", "y", true)]
    [InlineData("[!x]", "", false)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[-a]", "-", true)]
    [InlineData("[]a]", "]", true)]
    [InlineData("[!]a]", "]", false)]
    [InlineData("[z-a]", "m", false)]
    [InlineData(@"[\]]", "]", true)]
    [InlineData(@"[a\-z]", "m", false)]
    [InlineData("[*]", "x", false)]
    [InlineData("[*]", "*", true)]
    public void Brackets_match_characters_and_ranges(string pattern, string text, bool fits) =>
        Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Theory]
    [InlineData(@"\*", "*", true)]
    [InlineData(@"\*", "x", false)]
    [InlineData(@"\[a]", "[a]", true)]
    [InlineData(@"a\\b", @"a\b", true)]
    [InlineData(@"a\", @"a\", true)]
    public void Backslash_quotes_the_next_character(string pattern, string text, bool fits) =>
        Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Theory]
    [InlineData("[", "[", true)]
    [InlineData("a[bc", "a[bc", true)]
    [InlineData("a[bc", "ab", false)]
    [InlineData("[]", "[]", true)]
    [InlineData("[!]", "[!]", true)]
    [InlineData("[a*", "[axyz", true)]
    public void Unclosed_bracket_matches_itself(string pattern, string text, bool fits) =>
        Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Theory]
    [InlineData("?", "😀", true)]
    [InlineData("??", "😀", false)]
    [InlineData("[😀-😂]", "😁", true)]
    [InlineData("*?", "😀", true)]
    public void Character_is_a_code_point(string pattern, string text, bool fits) =>
        Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Fact]
    public void Half_a_surrogate_pair_is_a_character()
    {
        Assert.True(new Glob("?x").Matches("\ud83dx"));
        Assert.False(new Glob("?").Matches("\ud83d\ud83d"));
    }

    [Fact]
    public void Any_pattern_agrees_with_the_equivalent_regular_expression()
    {
        Gen<(string Glob, string Regex)> piece = Gen.OneOf(
            Gen.Elements("a", "b", "/").Select(c => (c, c)),
            Gen.Elements("*", "?", "[", "\\").Select(c => ("\\" + c, Regex.Escape(c))),
            Gen.Constant(("*", "[\\s\\S]*")),
            Gen.Constant(("?", "[\\s\\S]")),
            Gen.Elements(("[ab]", "[ab]"), ("[a-b]", "[a-b]"), ("[!a]", "[^a]"), ("[!a-b]", "[^a-b]"), ("[]*]", "[\\]*]"), ("[/-]", "[/\\-]")));
        Gen<(string Glob, string Regex)> pattern = piece.ListOf()
            .Select(pieces => (string.Concat(pieces.Select(p => p.Glob)), string.Concat(pieces.Select(p => p.Regex))));
        Gen<string> text = Gen.Elements("a", "b", "/", "*", "[", "]", "\\", "-", "\n").ListOf().Select(parts => string.Concat(parts));
        Gen<((string Glob, string Regex) Pattern, string Text)> cases = pattern.SelectMany(p => text.Select(t => (p, t)));

        Prop.ForAll(cases.ToArbitrary(), c =>
                new Glob(c.Pattern.Glob).Matches(c.Text) == Regex.IsMatch(c.Text, @"\A(?:" + c.Pattern.Regex + @")\z"))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void Text_made_from_a_pattern_matches_it()
    {
        Gen<(string Glob, string Text)> piece = Gen.OneOf(
            Gen.Elements("a", "b", "/", "]").Select(c => (c, c)),
            Gen.Elements("", "a", "ab/b", "\\", "[").Select(run => ("*", run)),
            Gen.Elements("a", "*", "\n").Select(one => ("?", one)),
            Gen.Elements("a", "b").Select(one => ("[!c-z]", one)));
        Gen<(string Glob, string Text)> cases = piece.ListOf()
            .Select(pieces => (string.Concat(pieces.Select(p => p.Glob)), string.Concat(pieces.Select(p => p.Text))));

        Prop.ForAll(cases.ToArbitrary(), c => new Glob(c.Glob).Matches(c.Text)).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
        Prop.ForAll(cases.ToArbitrary(), c => Enumerable.Range(0, c.Text.Length + 1).All(length => new Glob(c.Glob).MayMatch(c.Text.AsSpan(0, length))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Theory]
    [InlineData("docker/web-*", "docker/", true)]
    [InlineData("docker/", "docker/", true)]
    [InlineData("*", "docker/", true)]
    [InlineData("*/web", "docker/", true)]
    [InlineData("d?ck[a-f]r*", "docker/", true)]
    [InlineData("docker/web", "", true)]
    [InlineData("", "docker/", false)]
    [InlineData("docker", "docker/", false)]
    [InlineData("lxc/*", "docker/", false)]
    [InlineData("[!d]*", "docker/", false)]
    [InlineData("docker?x*", "docker/w", false)]
    public void MayMatch_of_a_prefix_reports_whether_a_text_could_match(string pattern, string beginning, bool may) =>
        Assert.Equal(may, new Glob(pattern).MayMatch(beginning));

    [Fact]
    public void Any_text_is_a_valid_pattern() =>
        Prop.ForAll<string, string>((pattern, text) =>
        {
            new Glob(pattern ?? "").Matches(text ?? "");
            StringBuilder escaped = new();
            foreach (char c in pattern ?? "") escaped.Append(char.IsSurrogate(c) ? "" : "\\").Append(c);
            return new Glob(escaped.ToString()).Matches(pattern ?? "");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    /// <summary>Backtracking over each star would need exponential time.</summary>
    [Fact]
    public void Many_stars_take_no_exponential_time() =>
        Assert.False(new Glob(string.Concat(Enumerable.Repeat("a*", 200)) + "b").Matches(new string('a', 4_000)));
}
