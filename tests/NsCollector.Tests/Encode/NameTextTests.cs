using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Encode;

namespace NsCollector.Tests.Encode;

/// <summary>Property: distinct names stay distinct, and what is written is the name again.</summary>
public sealed class NameTextTests
{
    private static Arbitrary<byte[]> Hostile { get; } = Gen.Elements<byte>(
        [0x01, 0x1f, 0x20, 0x7f, 0x80, 0x9b, 0xc2, 0xc3, 0xa9, 0xed, 0xa0, 0xff, 0xfe, (byte)'%', (byte)'2', (byte)'5', (byte)'F', (byte)'f', (byte)'\\', (byte)',', (byte)'a'])
        .ListOf().Select(bytes => bytes.Take(300).ToArray()).ToArbitrary();

    [Theory]
    [InlineData(new byte[] { (byte)'v', 0xff }, "v%FF")]
    [InlineData(new byte[] { (byte)'v', 0xfe }, "v%FE")]
    [InlineData(new byte[] { 0xe2, 0x82 }, "%E2%82")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, "%ED%A0%80")]
    [InlineData(new byte[] { 0x01 }, "%01")]
    [InlineData(new byte[] { 0xc2, 0x85 }, "%C2%85")]
    [InlineData(new byte[] { 0xc3, 0xa9 }, "é")]
    public void Of_bytes_that_are_not_text_are_escaped(byte[] raw, string expected) => Assert.Equal(expected, NameText.Of(raw));

    [Fact]
    public void Of_any_name_reads_back() =>
        Prop.ForAll(Hostile, raw => raw.AsSpan().SequenceEqual(Unescape(NameText.Of(raw)))).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact]
    public void Of_any_bytes_reads_back() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), raw => raw.AsSpan().SequenceEqual(Unescape(NameText.Of(raw)))).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void Of_long_names_with_the_same_start_stay_distinct()
    {
        byte[] one = [.. Enumerable.Repeat((byte)0xff, 2000)], other = [.. one, 0xff];
        Assert.InRange(NameText.Of(one).Length, 1000, NameText.MaxBytes);
        Assert.NotEqual(NameText.Of(one), NameText.Of(other));
    }

    private static byte[] Unescape(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var name = new List<byte>();
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '%' && i + 2 < bytes.Length && bytes.AsSpan(i + 1, 2).IndexOfAnyExcept("0123456789ABCDEF"u8) < 0)
            {
                name.Add(byte.Parse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                name.Add(bytes[i]);
            }
        }

        return [.. name];
    }
}
