namespace NsCollector.Host.Configuration;

/// <summary>Finds the key of an entry, checks the value by itself, and sets it in the draft.</summary>
internal sealed class EntryApplier(ConfigurationDraft draft, ConfigurationOrigins origins, ConfigurationErrors errors)
{
    private readonly HashSet<string> _rejectedSections = new(StringComparer.OrdinalIgnoreCase);

    internal void Apply(ConfigurationEntry entry)
    {
        string name = ConfigurationKey.Describe(entry.Section, entry.Key);
        if (entry.Section.Length == 0)
        {
            ConfigurationKey? meant = ConfigurationKeys.All.FirstOrDefault(key => key.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase));
            errors.Add(entry.Origin, name, SecretText.Redact(meant, entry.Key, entry.Value),
                $"this key is in no section; put a [{(meant is null ? "section" : meant.Section.Pattern)}] line above it");
            return;
        }

        if (FindSection(entry.Origin, entry.Section, out string instance) is not { } section) return;
        if (ConfigurationKeys.Find(section, entry.Key) is not { } key)
        {
            errors.Add(entry.Origin, name, SecretText.Redact(null, entry.Key, entry.Value), UnknownKey(section, entry.Key));
            return;
        }

        if (ConfigurationKeys.HasFreeKeys(section))
        {
            instance = entry.Key;
            if (Sections.TagsSection.KeyProblem(entry.Key) is { } tagProblem)
            {
                errors.Add(entry.Origin, name, entry.Value, tagProblem);
                return;
            }
        }

        // The section's own spelling, so that [Influx : Main] and [influx:Main] are the same.
        string sectionName = section.HasInstances ? $"{section.Name}:{instance}" : section.Name;
        if (key.Apply(draft, instance, entry.Key, entry.Value) is { } problem)
        {
            origins.AddRejectedKey(sectionName, key.Name);
            bool hasComment = entry.Value.Contains(" #", StringComparison.Ordinal) || entry.Value.Contains(" ;", StringComparison.Ordinal);
            errors.Add(entry.Origin, name, SecretText.Redact(key, entry.Key, entry.Value), hasComment ? problem + " (put comments on their own lines)" : problem);
            return;
        }

        origins.AddKey(sectionName, key is PrefixKey ? entry.Key : key.Name, entry);
    }

    /// <summary>The section; null if there is none with this name, which is reported once per source.</summary>
    internal ConfigurationSection? FindSection(string origin, string text, out string instance)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon].TrimEnd();
        instance = colon < 0 ? "" : text[(colon + 1)..].TrimStart();
        string? problem = null;
        ConfigurationSection? section = ConfigurationKeys.FindSection(name);
        if (section is null)
        {
            problem = NearestName.Find(name, ConfigurationKeys.Sections.Select(known => known.Name)) is { } nearest
                ? $"unknown section, did you mean [{ConfigurationKeys.FindSection(nearest)!.Pattern}]?"
                : "unknown section; the sections are " + string.Join(", ", ConfigurationKeys.Sections.Select(known => $"[{known.Pattern}]"));
        }
        else if (!section.HasInstances && colon >= 0)
        {
            problem = $"this section has no NAME; write [{section.Name}]";
        }
        else if (section.HasInstances && !IsInstanceName(instance))
        {
            problem = colon < 0
                ? $"write [{section.Name}:main]; several such sections may exist, each with its own name after the colon"
                : $"expected a name of at most 64 letters, digits, _, . and - after the colon, such as [{section.Name}:main]";
        }
        else if (section.NewSink is not null)
        {
            problem = section.NameProblem?.Invoke(instance);
            if (problem is null) draft.Sink(section, instance);
        }

        if (problem is null)
        {
            origins.AddSection(colon < 0 ? section!.Name : $"{section!.Name}:{instance}", origin);
            return section;
        }

        // Report a bad section once per file (its origins end in a line number), variable or option, not for each of its keys.
        int line = origin.LastIndexOf(':');
        string source = line > 0 ? origin[..line] : origin;
        if (_rejectedSections.Add(source + "\n" + text)) errors.Add(origin, $"[{text}]", null, problem);
        return null;
    }

    private static string UnknownKey(ConfigurationSection section, string key)
    {
        IEnumerable<string> here = ConfigurationKeys.Of(section).Select(known => known.Name);
        ConfigurationKey? elsewhere = ConfigurationKeys.All.FirstOrDefault(known => known.Name.Equals(key, StringComparison.OrdinalIgnoreCase));
        if (section.Name is "influx" or "otlp" && key.ToLowerInvariant() is "token" or "password") return $"put the secret into a file and name it: {key.ToLowerInvariant()}_file = FILE";
        return "unknown key" + (NearestName.Find(key, here) is { } nearest ? $", did you mean {nearest}?"
            : elsewhere is not null ? $", did you mean [{elsewhere.Section.Pattern}] {elsewhere.Name}?"
            : $"; the keys of [{section.Pattern}] are " + string.Join(", ", here));
    }

    private static bool IsInstanceName(string name) =>
        name.Length is > 0 and <= 64 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');
}
