using NsCollector.Encode;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;

namespace NsCollector.Deliver;

/// <summary>The section of one sink. Immutable; validated by Host.</summary>
internal abstract record SinkOptions
{
    /// <summary>The NAME of the section.</summary>
    public required string Name { get; init; }

    /// <summary>The names under which it receives points.</summary>
    public OutputSchema Schema { get; init; }

    /// <summary>Which metrics and labels it receives.</summary>
    public OutputChoice Choice { get; init; } = new();

    /// <summary>Which points it receives if <see cref="Schema"/> is Telegraf's.</summary>
    public TelegrafOptions Telegraf { get; init; } = new();
}
