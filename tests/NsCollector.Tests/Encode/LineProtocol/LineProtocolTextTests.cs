using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Encode;
using NsCollector.Encode.LineProtocol;

namespace NsCollector.Tests.Encode;

public class LineProtocolTextTests
{
    private static readonly string[] Nasty =
        [",", "=", " ", "\\", "\"", "\n", "\r", "\0", "\t", "\u007f", "#", "é", "\ud800", "𝒳", "\ufffd", "time", "i", "1", "a", "\u2028"];

    private static Arbitrary<string> Hostile { get; } = Gen.Elements(Nasty).ListOf().Select(parts => string.Concat(parts)).ToArbitrary();

    [Theory]
    [InlineData("web-1", "web-1")]
    [InlineData("a,b=c d", @"a\,b\=c\ d")]
    [InlineData("line\nfeed", "line%0Afeed")]
    [InlineData("\u009b2J", "%C2%9B2J")]
    [InlineData("99%", "99%")]
    [InlineData("a%20b", "a%2520b")]
    [InlineData("a%2fb", "a%2fb")]
    [InlineData(@"back\slash", @"back\slash")]
    [InlineData(@"ends in\", @"ends\ in%5C")]
    [InlineData(@"a\,b", @"a%5C\,b")]
    [InlineData(@"a\\b", @"a%5C\b")]
    [InlineData("quote\"", "quote\"")]
    [InlineData("", "")]
    public void WriteTagValue_escapes_as_databases_read_it(string raw, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(LineProtocolText.TagValue(raw)));

    [Fact]
    public void TagValue_half_surrogate_pair_becomes_replacement_character() =>
        Assert.Equal("\ufffd", Encoding.UTF8.GetString(LineProtocolText.TagValue("\ud800")));

    [Theory]
    [InlineData("a b", "a_b")]
    [InlineData("#x", "_x")]
    [InlineData("time", "time_")]
    [InlineData("__name__", "__name___")]
    [InlineData("a,b=c", @"a\,b\=c")]
    [InlineData("a\\b\"c\n", "a_b_c_")]
    public void TagKey_escapes_as_databases_accept_it(string raw, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(LineProtocolText.TagKey(raw)));

    [Fact]
    public void WriteTagValue_any_value_reads_back_as_one_tag() =>
        Prop.ForAll(Hostile, value =>
        {
            string escaped = Encoding.UTF8.GetString(LineProtocolText.TagValue(value));
            if (escaped.Length == 0) return value.Length == 0;
            Point point = StrictParser.ParseLine($"m,t={escaped},u=x f=1i 1700000000000000000");
            return point.Tags.Count == 2 && point.Tags["u"] == "x" && point.Tags["t"].Length > 0 && point.Fields.Count == 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void TagKey_any_key_reads_back_as_one_tag() =>
        Prop.ForAll(Hostile, key =>
        {
            string escaped = Encoding.UTF8.GetString(LineProtocolText.TagKey(key));
            if (escaped.Length == 0) return key.Length == 0;
            Point point = StrictParser.ParseLine($"m,{escaped}=v f=1i 1700000000000000000");
            return point.Tags.Count == 1 && point.Tags.Single().Value == "v" && point.Tags.Single().Key != "time";
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void StringField_any_string_reads_back_except_control_characters() =>
        Prop.ForAll(Hostile, value =>
        {
            string quoted = Encoding.UTF8.GetString(LineProtocolText.StringField(value));
            string expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(new string(value.Select(c => c < ' ' || c == 0x7f ? ' ' : c).ToArray())));
            return (string)StrictParser.ParseLine($"m f={quoted},g=1i 1700000000000000000").Fields["f"] == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void WriteTagValue_invalid_utf8_becomes_valid() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), raw =>
        {
            Span<byte> escaped = stackalloc byte[LineProtocolText.MaxEscapedTagValueBytes];
            escaped = escaped[..LineProtocolText.WriteTagValue(raw, escaped)];
            if (escaped.IsEmpty) return raw.Length == 0;
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(escaped);
            return StrictParser.ParseLine($"m,t={text} f=1i 1700000000000000000").Tags.Count == 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void WriteTagValue_long_value_is_cut_at_character_boundary()
    {
        string escaped = Encoding.UTF8.GetString(LineProtocolText.TagValue(new string('x', 1006) + "é and the tail of the name"));
        Assert.Matches("^x{1006}~[0-9A-F]{16}$", escaped);
        Assert.NotEqual(escaped, Encoding.UTF8.GetString(LineProtocolText.TagValue(new string('x', 1006) + "é and the tail of a name")));
        Assert.Equal(1024, LineProtocolText.TagValue(new string('x', 1024)).Length);
        Assert.Equal((2 * 1007) + 17, LineProtocolText.TagValue(new string(',', 5000)).Length);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(12.5, "12.5")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(-3.25, "-3.25")]
    [InlineData(100, "100")]
    [InlineData(99.9999999, "100")]
    [InlineData(1.05, "1.05")]
    [InlineData(1e15, "1000000000000000")]
    public void WriteFloat_has_at_most_six_decimal_places(double value, string expected)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxBytes];
        Assert.Equal(expected, Encoding.UTF8.GetString(text[..NumberText.WriteFloat(value, text)]));
    }

    [Fact]
    public void WriteFloat_reads_back_within_a_millionth() =>
        Prop.ForAll(ArbMap.Default.ArbFor<double>(), value =>
        {
            if (!double.IsFinite(value)) return true;
            Span<byte> text = stackalloc byte[NumberText.MaxBytes];
            double back = double.Parse(text[..NumberText.WriteFloat(value, text)], System.Globalization.CultureInfo.InvariantCulture);
            return Math.Abs(back - value) <= 0.000001 + (Math.Abs(value) * 1e-15);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData(0, "0i")]
    [InlineData(long.MaxValue, "9223372036854775807i")]
    [InlineData(long.MinValue, "-9223372036854775808i")]
    public void WriteInteger_has_suffix(long value, string expected)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxBytes];
        Assert.Equal(expected, Encoding.UTF8.GetString(text[..NumberText.WriteInteger(value, text)]));
    }
}
