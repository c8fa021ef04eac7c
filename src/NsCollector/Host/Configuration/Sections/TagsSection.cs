using System.Collections.Frozen;
using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[tags]</c>, whose keys the administrator chooses.</summary>
internal static class TagsSection
{
    /// <summary>Maximum static tags; each is on every point.</summary>
    internal const int MaxTags = 64;

    private static readonly FrozenSet<string> ReservedTags = new[]
    {
        "host", "runtime", "container", "image", "id", "namespace", "pod",
        "interface", "device", "core", "resource", "pagesize", "sink", "time",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    internal static ConfigurationSection Section { get; } = new("tags", false, "Your own tags, added to every point of a container or of the host.");

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        new ConfigurationKey<string>
        {
            Section = Section, Name = "KEY",
            Help = $"Adds the tag KEY with this value to those points. At most {MaxTags} tags. Names that the schema uses are refused: {string.Join(", ", ReservedTags.Order(StringComparer.Ordinal))}, and all that begin with label_ or _.",
            DefaultInWords = "none", Example = "datacenter = fra1",
            Value = new TextValue("a text of at most 255 characters", 255),
            Get = (_, _) => null, Set = (draft, key, value) => draft.Tags[key] = value,
        },
    ];

    /// <summary>What is wrong with the name of a static tag; null if nothing is.</summary>
    internal static string? KeyProblem(string key)
    {
        if (ReservedTags.Contains(key) || key.StartsWith("label_", StringComparison.OrdinalIgnoreCase) || key.StartsWith('_'))
        {
            return "the schema uses this tag; choose another name";
        }

        bool valid = key.Length is > 0 and <= 128 && key.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');
        return valid ? null : "expected a tag name of at most 128 letters, digits, _, . and -";
    }
}
