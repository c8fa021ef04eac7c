using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class StateParserPropertyTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "null", "7", "\"Name\"", "\"Config\"", "\"Image\"", "\"id\"", "\"names\"", "\"metadata\"", "\"annotations\"",
        "\"{\\\"image-name\\\":\\\"x\\\"}\"", "\"{\\\"image-name\\\":\"", "\"\\ud800\"", "\"\\u0000\"", "\"io.kubernetes.container.name\"", "\"x\"", "\\", "\"",
    ];

    [Fact]
    public void No_bytes_make_a_parser_throw() => Prop.ForAll<byte[]>(Parse).QuickCheckThrowOnFailure();

    [Fact]
    public void No_order_of_the_pieces_of_a_file_makes_a_parser_throw()
    {
        Arbitrary<string[]> pieces = Gen.ArrayOf(Gen.Elements(Pieces)).ToArbitrary();
        Prop.ForAll(pieces, p =>
        {
            string text = string.Concat(p);
            Parse(Encoding.UTF8.GetBytes(text));
            Parse(Encoding.UTF8.GetBytes("{\"Name\":" + text));
            Parse(Encoding.UTF8.GetBytes("{\"Config\":{" + text));
            Parse(Encoding.UTF8.GetBytes("{\"annotations\":{" + text));
            Parse(Encoding.UTF8.GetBytes("[{" + text));
            Parse(Encoding.UTF8.GetBytes("[{\"id\":\"a\",\"metadata\":" + text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void A_name_that_JSON_can_hold_comes_back_as_it_was()
    {
        Prop.ForAll<NonEmptyString>(s =>
        {
            string name = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s.Get));
            byte[] json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["Name"] = "/" + name });
            if (json.Length > 1000) return;
            Assert.True(DockerConfig.TryParse(json, out string? found, out _));
            Assert.Equal(name, found);
        }).QuickCheckThrowOnFailure();
    }

    private static void Parse(byte[] json)
    {
        if (!DockerConfig.TryParse(json, out string? name, out string? image)) Assert.True(name is null && image is null);
        if (!PodmanBundle.TryParse(json, out name, out image)) Assert.True(name is null && image is null);
        var found = new Dictionary<string, KnownIdentity>();
        if (!PodmanListing.TryParse(json, null, found, out _)) Assert.Empty(found);
    }
}
