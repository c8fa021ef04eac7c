namespace NsCollector.Host.Configuration;

/// <summary>One key and its value, as a source gave it.</summary>
/// <param name="Origin">File and line, environment variable, or option.</param>
/// <param name="Section">The section, with its NAME after a colon if it has one; empty if the key is in none.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The text of its value.</param>
internal readonly record struct ConfigurationEntry(string Origin, string Section, string Key, string Value);
