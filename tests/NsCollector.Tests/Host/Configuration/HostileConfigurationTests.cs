using FsCheck;
using FsCheck.Fluent;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

/// <summary>Any configuration gives either options or errors, and never an exception.</summary>
public sealed class HostileConfigurationTests
{
    private static readonly string[] Pieces =
    [
        "[agent]", "[file:a]", "[file:", "[influx:a]", "[influx:..]", "[spool]", "[tags]", "[", "]", ":", "=", " = ", "interval", "path", "host", "url", "token_file", "http://h", "https://", "@", "?", "%zz", "[::1", "1s", "10", "-", "/x", "\"", "\\", "#", ";", "/",
        "\n", "\r", "\r\n", "\0", "\u0085", "\u2028", "\ud800", "ä", "__", ",", "*/*", "999999999999999999999", "KiB", "\t", " ", "NSCOLLECTOR_",
    ];

    private static readonly Gen<string> Text = Gen.Elements(Pieces).ArrayOf().Select(string.Concat);

    private static readonly Gen<string> AnyText = Gen.OneOf(Text, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));

    [Fact]
    public void Parse_of_any_text_never_throws()
    {
        Prop.ForAll(AnyText.ToArbitrary(), text =>
        {
            ConfigurationErrors errors = new();
            IniFile.Content content = IniFile.Parse(text, "f", errors);
            return content.Entries.All(entry => entry.Origin.StartsWith("f:", StringComparison.Ordinal));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Load_of_any_environment_gives_options_or_errors()
    {
        Prop.ForAll(Gen.Zip(AnyText, AnyText).ToArbitrary(), pair =>
        {
            ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources
            {
                DefaultConfig = "/nowhere/nscollector.conf",
                Environment = [new("NSCOLLECTOR_" + pair.Item1, pair.Item2)],
                Sets = [pair.Item1, pair.Item2, "file:a:" + pair.Item1 + "=" + pair.Item2, "influx:a:" + pair.Item1 + "=" + pair.Item2, "influx:a:url=" + pair.Item2, "tags:" + pair.Item1],
            });
            return (result.Options is null) == !result.Errors.IsEmpty && result.Errors.All(error => !error.ToString().Any(char.IsControl));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Apply_of_any_value_never_throws()
    {
        Prop.ForAll(Gen.Zip(Gen.Elements(ConfigurationKeys.All.ToArray()), AnyText).ToArbitrary(), pair =>
        {
            string? problem = pair.Item1.Apply(new ConfigurationDraft("x", "y"), "name", pair.Item2);
            return problem != "";
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Load_of_any_bytes_gives_options_or_errors()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Path + "/nscollector.conf";
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources { Config = path });
            return (result.Options is null) == !result.Errors.IsEmpty;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
