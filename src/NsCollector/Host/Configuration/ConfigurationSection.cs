namespace NsCollector.Host.Configuration;

/// <summary>A section of the configuration.</summary>
/// <param name="Name">What stands in the brackets, before the colon.</param>
/// <param name="HasInstances">Whether a NAME follows after a colon, so that there can be several.</param>
/// <param name="Help">What it is about, for the documentation.</param>
internal sealed record ConfigurationSection(string Name, bool HasInstances, string Help)
{
    /// <summary>As it is written in the documentation.</summary>
    internal string Pattern => HasInstances ? Name + ":NAME" : Name;
}
