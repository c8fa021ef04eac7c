using NsCollector.Deliver;

namespace NsCollector.Host.Configuration;

/// <summary>A section of the configuration.</summary>
/// <param name="Name">The name in the brackets, before the colon.</param>
/// <param name="HasInstances">Whether a NAME follows after a colon, so that there can be several sections.</param>
/// <param name="Help">Description for the documentation.</param>
internal sealed record ConfigurationSection(string Name, bool HasInstances, string Help)
{
    /// <summary>Creates the default options of a sink with this NAME; null if the section is not for sinks.</summary>
    internal Func<string, ConfigurationDraft, SinkOptions>? NewSink { get; init; }

    /// <summary>What is wrong with a NAME, beyond the common rules; null if nothing is.</summary>
    internal Func<string, string?>? NameProblem { get; init; }

    /// <summary>The header in the documentation, without brackets.</summary>
    internal string Pattern => HasInstances ? Name + ":NAME" : Name;
}
