using System.Collections.Immutable;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode;

/// <summary>What every point carries. Immutable; validated by Host.</summary>
internal sealed record EncodeOptions
{
    /// <summary>The tag <c>host</c>.</summary>
    public required string Host { get; init; }

    /// <summary>When the tag <c>id</c> is added.</summary>
    public IdTag IdTag { get; init; } = IdTag.Collision;

    /// <summary>The user's own tags, by key.</summary>
    public ImmutableArray<KeyValuePair<string, string>> StaticTags { get; init; } = [];

    /// <summary>
    /// A point whose fields are those of the point before is left out, but not for longer than this; zero: every point is
    /// written. Before a change, the last point that was left out is written with its own time.
    /// </summary>
    public TimeSpan SuppressUnchanged { get; init; }

    /// <summary>Which metrics and labels are encoded. Each encoder has its own.</summary>
    public OutputSelection Selection { get; init; } = OutputSelection.All;

    /// <summary>The size of a batch; a cycle's points go out in as many as it takes.</summary>
    public int BatchBytes { get; init; } = 256 * 1024;
}
