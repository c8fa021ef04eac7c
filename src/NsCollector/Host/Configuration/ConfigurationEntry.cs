namespace NsCollector.Host.Configuration;

/// <summary>One key and its value, as some source gave it.</summary>
/// <param name="Origin">Where it stands: file and line, environment variable, command line.</param>
/// <param name="Section">The section, with its NAME after a colon where it has one; empty where there is none.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The text of its value.</param>
internal readonly record struct ConfigurationEntry(string Origin, string Section, string Key, string Value);
