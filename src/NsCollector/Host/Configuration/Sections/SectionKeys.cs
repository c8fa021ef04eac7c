using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>Makes the keys of a section whose values are properties of one options record.</summary>
/// <param name="section">The section.</param>
/// <param name="getOptions">The record in a draft; the text is the NAME of the section, empty if it has none.</param>
/// <param name="setOptions">Replaces the record in a draft.</param>
internal sealed class SectionKeys<TOptions>(
    ConfigurationSection section, Func<ConfigurationDraft, string, TOptions> getOptions, Action<ConfigurationDraft, string, TOptions> setOptions)
{
    /// <summary>A key whose default is the value that <paramref name="get"/> finds in a new record.</summary>
    internal ConfigurationKey<T> Key<T>(
        string name, ConfigurationValue<T> value, Func<TOptions, T?> get, Func<TOptions, T, TOptions> set, string help,
        string? defaultInWords = null, string? example = null) => new()
        {
            Section = section, Name = name, Help = help, Value = value, DefaultInWords = defaultInWords, Example = example,
            Get = (draft, instance) => get(getOptions(draft, instance)),
            Set = (draft, instance, v) => setOptions(draft, instance, set(getOptions(draft, instance), v)),
        };

    /// <summary>A text whose default is not a constant and is described in words.</summary>
    internal ConfigurationKey<string> Text(
        string name, TextValue value, Func<TOptions, string, TOptions> set, string help, string defaultInWords, string example, bool namesSecretFile = false) => new()
        {
            Section = section, Name = name, Help = help, Value = value, DefaultInWords = defaultInWords, Example = example, NamesSecretFile = namesSecretFile,
            Get = (_, _) => null,
            Set = (draft, instance, v) => setOptions(draft, instance, set(getOptions(draft, instance), v)),
        };

    /// <summary>Changes the record in a draft.</summary>
    internal void Change(ConfigurationDraft draft, string instance, Func<TOptions, TOptions> change) => setOptions(draft, instance, change(getOptions(draft, instance)));
}
