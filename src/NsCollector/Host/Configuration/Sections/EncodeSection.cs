using System.Collections.Immutable;
using NsCollector.Encode;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[encode]</c>.</summary>
internal static class EncodeSection
{
    internal static ConfigurationSection Section { get; } = new("encode", false, "How points are batched.");

    private static readonly SectionKeys<EncodeOptions> Encode = new(Section, (draft, _) => draft.Encode, (draft, _, options) => draft.Encode = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Encode.Key("batch_size", new SizeValue(16 << 10, 16 << 20), e => (long)e.BatchBytes, (e, v) => e with { BatchBytes = (int)v },
            "Size of a batch of lines, the unit that sinks queue, write and drop. A longer point is dropped and counted."),
    ];
}
