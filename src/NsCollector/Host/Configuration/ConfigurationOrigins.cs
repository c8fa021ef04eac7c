namespace NsCollector.Host.Configuration;

/// <summary>Where each key and section was given, so that a later check can name file and line. Names ignore case.</summary>
internal sealed class ConfigurationOrigins(ConfigurationErrors errors)
{
    private readonly Dictionary<string, ConfigurationEntry> _lastEntries = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _rejectedKeys = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _sections = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Records that a source has a section; the first one counts.</summary>
    internal void AddSection(string section, string origin) => _sections.TryAdd(section, origin);

    /// <summary>Records a value that is in force.</summary>
    internal void AddKey(string section, string key, ConfigurationEntry entry) => _lastEntries[ConfigurationKey.Describe(section, key)] = entry;

    /// <summary>Records that a value was rejected, so that <see cref="Report"/> is silent about its default.</summary>
    internal void AddRejectedKey(string section, string key) => _rejectedKeys.Add(ConfigurationKey.Describe(section, key));

    /// <summary>Whether a source gave this key.</summary>
    internal bool IsGiven(string section, string key) => _lastEntries.ContainsKey(ConfigurationKey.Describe(section, key));

    /// <summary>Reports a valid value that conflicts with others, or a missing one.</summary>
    /// <param name="section">The section, with its NAME if it has one.</param>
    /// <param name="key">The key.</param>
    /// <param name="problem">What is wrong and what is expected.</param>
    /// <param name="defaultText">The default to show if no source gave the key; null if it is missing.</param>
    internal void Report(string section, string key, string problem, string? defaultText = null)
    {
        string name = ConfigurationKey.Describe(section, key);
        if (_rejectedKeys.Contains(name)) return;
        if (_lastEntries.TryGetValue(name, out ConfigurationEntry entry))
        {
            errors.Add(entry.Origin, ConfigurationKey.Describe(entry.Section, entry.Key), SecretText.Redact(ConfigurationKeys.Find(section, key), key, entry.Value), problem);
        }
        else
        {
            errors.Add(defaultText is null ? _sections.GetValueOrDefault(section, "default") : "default", name, defaultText, problem);
        }
    }
}
