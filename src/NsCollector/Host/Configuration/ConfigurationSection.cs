using NsCollector.Deliver;

namespace NsCollector.Host.Configuration;

/// <summary>A section of the configuration.</summary>
/// <param name="Name">What stands in the brackets, before the colon.</param>
/// <param name="HasInstances">Whether a NAME follows after a colon, so that there can be several.</param>
/// <param name="Help">What it is about, for the documentation.</param>
internal sealed record ConfigurationSection(string Name, bool HasInstances, string Help)
{
    /// <summary>Makes the options of a sink of this NAME, with their defaults; null where the section is no sink's.</summary>
    internal Func<string, ConfigurationDraft, SinkOptions>? NewSink { get; init; }

    /// <summary>What is wrong with a NAME, beyond the rules for all; null: nothing.</summary>
    internal Func<string, string?>? NameProblem { get; init; }

    /// <summary>As it is written in the documentation.</summary>
    internal string Pattern => HasInstances ? Name + ":NAME" : Name;
}
