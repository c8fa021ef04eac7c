using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class StateParserPropertyTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "null", "7", "\"Name\"", "\"Config\"", "\"Image\"", "\"id\"", "\"names\"", "\"metadata\"", "\"annotations\"",
        "\"{\\\"image-name\\\":\\\"x\\\"}\"", "\"{\\\"image-name\\\":\"", "\"\\ud800\"", "\"\\u0000\"", "\"io.kubernetes.container.name\"", "\"x\"", "\"Labels\"", "\"Env\"", "\"process\"", "\"env\"", "\"A=b\"", "\"io.kubernetes.cri-o.Labels\"", "\"{\\\"a\\\":\\\"b\\\"}\"", "\"{\\\"a\\\":\"", "\\", "\"",
    ];

    private static readonly LabelSelection[] Selections = [new(new IdentityOptions()), new(new IdentityOptions { Labels = ["*"], Environment = ["A"] })];

    [Fact]
    public void Parsers_never_throw_for_any_bytes() => Prop.ForAll<byte[]>(Parse).QuickCheckThrowOnFailure();

    [Fact]
    public void Parsers_never_throw_for_any_order_of_a_files_pieces()
    {
        Arbitrary<string[]> pieces = Gen.ArrayOf(Gen.Elements(Pieces)).ToArbitrary();
        Prop.ForAll(pieces, p =>
        {
            string text = string.Concat(p);
            Parse(Encoding.UTF8.GetBytes(text));
            Parse(Encoding.UTF8.GetBytes("{\"Name\":" + text));
            Parse(Encoding.UTF8.GetBytes("{\"Config\":{" + text));
            Parse(Encoding.UTF8.GetBytes("{\"Config\":{\"Labels\":{" + text));
            Parse(Encoding.UTF8.GetBytes("{\"annotations\":{" + text));
            Parse(Encoding.UTF8.GetBytes("{\"annotations\":{\"io.kubernetes.cri-o.Labels\":" + text));
            Parse(Encoding.UTF8.GetBytes("[{" + text));
            Parse(Encoding.UTF8.GetBytes("[{\"id\":\"a\",\"metadata\":" + text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Name_in_JSON_is_parsed_unchanged()
    {
        Prop.ForAll<NonEmptyString>(s =>
        {
            string name = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s.Get));
            byte[] json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["Name"] = "/" + name });
            if (json.Length > 1000) return;
            var draft = new IdentityDraft(IdentityKeys.Docker, new LabelSelection(new IdentityOptions { Environment = ["A"] }));
            Assert.True(DockerConfig.TryParse(json, draft));
            Assert.Equal(name, draft.ToIdentity(null).Name);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Label_in_JSON_is_parsed_unchanged()
    {
        Prop.ForAll<NonEmptyString, NonEmptyString>((k, v) =>
        {
            string key = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(k.Get));
            string value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(v.Get));
            byte[] json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["annotations"] = new Dictionary<string, string> { [key] = value } });
            if (json.Length > 300) return;
            var draft = new IdentityDraft(IdentityKeys.Containerd, new LabelSelection(new IdentityOptions { Labels = ["*"], Environment = ["A"] }));
            Assert.True(OciBundle.TryParse(json, draft));
            Assert.Equal(new KeyValuePair<string, string>(key, value), Assert.Single(draft.ToIdentity(null).Labels));
        }).QuickCheckThrowOnFailure();
    }

    private static void Parse(byte[] json)
    {
        foreach (LabelSelection selection in Selections)
        {
            DockerConfig.TryParse(json, new IdentityDraft(IdentityKeys.Docker, selection));
            OciBundle.TryParse(json, new IdentityDraft(IdentityKeys.Containerd, selection));
            OciBundle.TryParse(json, new IdentityDraft(IdentityKeys.Crio, selection));
        }

        MachineFile.TryParse(json, "x.scope", new IdentityDraft(IdentityKeys.None, Selections[0]));
        var found = new Dictionary<string, KnownIdentity>();
        if (!PodmanListing.TryParse(json, null, found, out _)) Assert.Empty(found);
    }
}
