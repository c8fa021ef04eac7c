using System.Collections.Immutable;
using NsCollector.Deliver.File;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;
using NsCollector.Sample;

namespace NsCollector.Tests.Host.Configuration;

public sealed class ConfigurationReferenceTests
{
    [Theory]
    [InlineData("docs/configuration.md", "configuration")]
    [InlineData("packaging/nscollector.conf", "conf")]
    public void The_generated_document_is_not_stale(string path, string verb)
    {
        Repository.AssertGenerated(path, verb == "conf" ? ConfigurationReference.ExampleFile() : ConfigurationReference.Markdown());
    }

    [Fact]
    public void The_example_file_as_it_stands_changes_nothing()
    {
        ConfigurationResult result = Load(ConfigurationReference.ExampleFile());
        Assert.Empty(result.Errors);
        Assert.Equal(Describe(Load("").Options!), Describe(result.Options!));
    }

    [Fact]
    public void The_example_file_with_every_key_put_in_force_is_right()
    {
        // Comments have a blank after the sign, keys and sections have none.
        string uncommented = string.Join('\n', ConfigurationReference.ExampleFile().Split('\n')
            .Select(line => line.Length > 1 && line[0] == '#' && line[1] != ' ' ? line[1..] : line));
        ConfigurationResult result = Load(uncommented);
        Assert.Empty(result.Errors);
        Assert.Equal("node-1", result.Options!.Encode.Host);
        Assert.Equal(ConfigurationKeys.All.Length, uncommented.Split('\n').Count(line => line.Length > 0 && line[0] is not ('#' or '[')));
    }

    [Fact]
    public void Every_default_in_the_table_is_a_text_that_its_key_accepts_and_leaves_all_as_it_is()
    {
        foreach (ConfigurationKey key in ConfigurationKeys.All.Where(key => key.DefaultInWords is null))
        {
            string section = key.Section.HasInstances ? key.Section.Name + ":main" : key.Section.Name;
            ConfigurationResult result = Load($"[{section}]\n{key.Name} = {key.Default}\n");
            Assert.Empty(result.Errors);
            Assert.Equal(Describe(Load("").Options!), Describe(result.Options!));
        }
    }

    /// <summary>A property that is added to a record, and to no key, cannot be configured: this fails then.</summary>
    [Fact]
    public void Every_property_of_every_option_record_has_a_key()
    {
        string[] notKeys = ["DiscoverOptions.Filter", "FileSinkOptions.Name", "EncodeOptions.StaticTags"];
        int properties = new[] { typeof(SampleOptions), typeof(DiscoverOptions), typeof(FilterOptions), typeof(EncodeOptions), typeof(FileSinkOptions), typeof(LogOptions) }
            .SelectMany(type => type.GetProperties().Where(property => property.Name != "EqualityContract").Select(property => $"{type.Name}.{property.Name}"))
            .Except(notKeys).Count();
        Assert.Equal(properties, ConfigurationKeys.All.Count(key => key.Section.Name != "tags"));
    }

    private static ConfigurationResult Load(string text)
    {
        using TemporaryDirectory directory = new();
        return ConfigurationLoader.Load(new ConfigurationSources { Config = directory.Write("nscollector.conf", text), HostName = "h" });
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
            SampleOptions or DiscoverOptions or FilterOptions or EncodeOptions or LogOptions => "{" + Describe(value) + "}",
            _ => value.ToString()!,
        };
        return property.Name + "=" + text;
    }));
}
