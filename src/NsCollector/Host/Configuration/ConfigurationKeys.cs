using System.Collections.Immutable;
using NsCollector.Host.Configuration.Sections;

namespace NsCollector.Host.Configuration;

/// <summary>
/// Every section and key. From this table the configuration is read and checked, and docs/configuration.md and
/// packaging/nscollector.conf are generated. A new key is a property of an options record and a row in its section's file.
/// </summary>
internal static class ConfigurationKeys
{
    private static readonly ImmutableArray<(ConfigurationSection Section, ImmutableArray<ConfigurationKey> Keys)> Table =
    [
        (AgentSection.Section, AgentSection.Keys),
        (NetworkSection.Section, NetworkSection.Keys),
        (HostSection.Section, HostSection.Keys),
        (FilesystemSection.Section, FilesystemSection.Keys),
        (CgroupSection.Section, CgroupSection.Keys),
        (DiscoverySection.Section, DiscoverySection.Keys),
        (FilterSection.Section, FilterSection.Keys),
        (MetricsSection.Section, MetricsSection.Keys),
        (IdentitySection.Section, IdentitySection.Keys),
        (TagsSection.Section, TagsSection.Keys),
        (EncodeSection.Section, EncodeSection.Keys),
        (FileSection.Section, FileSection.Keys),
        (InfluxSection.Section, InfluxSection.Keys),
        (OtlpSection.Section, OtlpSection.Keys),
        (SpoolSection.Section, SpoolSection.Keys),
        (HttpSection.Section, HttpSection.Keys),
        (DockerApiSection.Section, DockerApiSection.Keys),
    ];

    /// <summary>The sections, in the order of the documentation.</summary>
    internal static ImmutableArray<ConfigurationSection> Sections { get; } = [.. Table.Select(row => row.Section)];

    /// <summary>The keys, in the order of the documentation.</summary>
    internal static ImmutableArray<ConfigurationKey> All { get; } = [.. Table.SelectMany(row => row.Keys)];

    /// <summary>The section with this name; case is ignored.</summary>
    internal static ConfigurationSection? FindSection(string name) =>
        Sections.FirstOrDefault(section => section.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The keys of a section.</summary>
    internal static IEnumerable<ConfigurationKey> Of(ConfigurationSection section) => All.Where(key => key.Section == section);

    /// <summary>The key with this name; case is ignored.</summary>
    internal static ConfigurationKey? Find(ConfigurationSection section, string name) =>
        Of(section).FirstOrDefault(key => HasFreeKeys(section) || key.Is(name));

    /// <summary>The key with this name in a section with this name, which may have an instance (<c>file:main</c>).</summary>
    internal static ConfigurationKey? Find(string section, string key) =>
        FindSection(section.Split(':')[0].Trim()) is { } found ? Find(found, key) : null;

    /// <summary>Whether the administrator chooses the keys of this section.</summary>
    internal static bool HasFreeKeys(ConfigurationSection section) => section == TagsSection.Section;
}
