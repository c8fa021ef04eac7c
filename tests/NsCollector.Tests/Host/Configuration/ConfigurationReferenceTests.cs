using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Otlp;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.DocGen.Documents;
using NsCollector.Encode;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Configuration.Sections;
using NsCollector.Host.Logging;
using NsCollector.Sample;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Flows;
using NsCollector.Sample.Filesystem;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Netfilter;
using NsCollector.Sample.Qdiscs;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;

namespace NsCollector.Tests.Host.Configuration;

public sealed class ConfigurationReferenceTests
{
    [Fact]
    public void Example_file_unchanged_equals_defaults()
    {
        ConfigurationResult result = Load(ConfigurationReference.ExampleFile());
        Assert.Empty(result.Errors);
        Assert.Equal(Describe(Load("").Options!), Describe(result.Options!));
    }

    /// <summary>Some keys exclude each other: keys of different write interfaces, and the two ways to authenticate or to set a header.</summary>
    [Theory]
    [InlineData(1, "token_file")]
    [InlineData(1, "user", "password_file")]
    [InlineData(2)]
    [InlineData(3)]
    public void Example_file_with_all_keys_uncommented_is_valid(int version, params string[] leftOut)
    {
        bool IsLeftOut(ConfigurationKey key) =>
            (key.Section.Name == "otlp" && (leftOut.Length == 0 ? key.Name is "token_file" or "header.NAME" : key.Name == "header_file.NAME" || leftOut.Contains(key.Name))) ||
            (key.Section.Name == "influx" && (leftOut.Contains(key.Name) || !InfluxSinkRules.AppliesTo((InfluxVersion)version, key.Name)));

        // Comments have a space after the sign, keys and sections have none.
        string[] uncommented = [.. ConfigurationReference.ExampleFile().Split('\n')
            .Select(line => line.Length > 1 && line[0] == '#' && line[1] != ' ' ? line[1..] : line)
            .Select(line => line switch
            {
                "version = 1" => $"version = {version}",
                "url = http://localhost:8086" => "url = https://localhost:8086",
                "url = http://localhost:4318/v1/metrics" => "url = https://localhost:4318/v1/metrics",
                _ => line,
            })
            .Where(line => !ConfigurationKeys.All.Any(key => IsLeftOut(key) && line == ConfigurationReference.ExampleLine(key)))];
        ConfigurationResult result = Load(string.Join('\n', uncommented));
        Assert.Empty(result.Errors);
        Assert.Equal("node-1", result.Options!.Encode.Host);
        Assert.Equal((InfluxVersion)version, result.Options!.InfluxSinks.Single().Version);
        Assert.Equal(ConfigurationKeys.All.Count(key => !IsLeftOut(key)), uncommented.Count(line => line.Length > 0 && line[0] is not ('#' or '[')));
    }

    [Fact]
    public void Default_of_each_key_is_accepted_and_changes_nothing()
    {
        foreach (ConfigurationKey key in ConfigurationKeys.All.Where(key => key.DefaultInWords is null))
        {
            string section = key.Section.HasInstances ? key.Section.Name + ":main" : key.Section.Name;
            int version = InfluxSinkRules.AppliesTo(InfluxVersion.V1, key.Name) ? 1 : 3;
            string without = key.Section.Name == "otlp" ? "url = https://localhost\n" : key.Section.Name == "influx" ? "url = https://localhost\ndatabase = d\n" + (key.Name == "version" ? "" : $"version = {version}\n") : "";
            ConfigurationResult result = Load($"[{section}]\n{without}{key.Name} = {key.Default}\n");
            Assert.Empty(result.Errors);
            Assert.Equal(Describe(Load($"[{section}]\n{without}").Options!), Describe(result.Options!));
        }
    }

    /// <summary>A property without a key could not be configured.</summary>
    [Fact]
    public void Property_of_each_options_record_has_a_key()
    {
        Type[] sinks = [.. typeof(SinkOptions).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SinkOptions)) && !type.IsAbstract)];
        string[] notKeys =
        [
            .. new[] { "Roots", "Discover", "Sample", "Encode", "Sinks", "FileSinks", "InfluxSinks", "Spool", "Log", "Http", "DockerApi", "ReadHostName" }.Select(name => "AgentOptions." + name),
            "DiscoverOptions.Filter", "DiscoverOptions.Identity", "SampleOptions.Host", "SampleOptions.Filesystem", "SampleOptions.Connections", "SampleOptions.Flows", "SampleOptions.Netfilter", "SampleOptions.Qdiscs", "SampleOptions.Parents", "SampleOptions.MaxParents", "EncodeOptions.StaticTags", "EncodeOptions.Selection",
            .. sinks.Select(type => type.Name + ".Name"),

            // Set if a sink wants it; its own properties are keys of each kind of sink.
            "SampleOptions.Telegraf", "SampleOptions.DockerApi", .. sinks.Select(type => type.Name + ".Telegraf"),

            // The properties of a choice are keys of each output.
            "HttpOptions.Choice", .. sinks.Select(type => type.Name + ".Choice"),

            // OTLP has one schema.
            "OtlpSinkOptions.Schema",
        ];
        int properties = new[] { typeof(AgentOptions), typeof(SampleOptions), typeof(HostOptions), typeof(FilesystemOptions), typeof(ConnectionOptions), typeof(FlowOptions), typeof(NetfilterOptions), typeof(QdiscOptions), typeof(DiscoverOptions), typeof(FilterOptions), typeof(IdentityOptions), typeof(EncodeOptions), typeof(SpoolOptions), typeof(LogOptions), typeof(HttpOptions), typeof(DockerApiOptions) }.Concat(sinks)
            .SelectMany(type => type.GetProperties().Where(property => property.Name != "EqualityContract").Select(property => $"{type.Name}.{property.Name}"))
            .Except(notKeys).Count() + (sinks.Count(type => type != typeof(OtlpSinkOptions)) * typeof(TelegrafOptions).GetProperties().Count(property => property.Name != "EqualityContract"))
            + ((sinks.Length + 1) * typeof(OutputChoice).GetProperties().Count(property => property.Name != "EqualityContract")) + MetricsSection.Keys.Length;
        Assert.Equal(properties, ConfigurationKeys.All.Count(key => key.Section.Name != "tags"));
    }

    private static ConfigurationResult Load(string text)
    {
        using TemporaryDirectory directory = new();
        return ConfigurationLoader.Load(new ConfigurationSources { Config = directory.Write("nscollector.conf", text), ReadHostName = () => "h" });
    }

    // Records compare immutable arrays by identity; text compares what is in them.
    private static string Describe(object options) => string.Join(", ", options.GetType().GetProperties().Select(property =>
    {
        object? value = property.GetValue(options);
        string text = value switch
        {
            null => "null",
            ImmutableArray<string> texts => string.Join('|', texts),
            ImmutableArray<KeyValuePair<string, string>> tags => string.Join('|', tags),
            ImmutableArray<FileSinkOptions> sinks => string.Join('|', sinks.Select(Describe)),
            ImmutableArray<InfluxSinkOptions> sinks => string.Join('|', sinks.Select(Describe)),
            SampleOptions or DiscoverOptions or FilterOptions or IdentityOptions or EncodeOptions or LogOptions => "{" + Describe(value) + "}",
            _ => value.ToString()!,
        };
        return property.Name + "=" + text;
    }));
}
