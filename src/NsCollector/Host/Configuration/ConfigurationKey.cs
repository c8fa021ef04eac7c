using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration;

/// <summary>
/// One key of the configuration. Parsing, checks, default and documentation all come from it.
/// </summary>
internal abstract class ConfigurationKey
{
    /// <summary>The section it belongs to.</summary>
    internal required ConfigurationSection Section { get; init; }

    /// <summary>Its name, or <c>KEY</c> if the administrator chooses it.</summary>
    internal required string Name { get; init; }

    /// <summary>What it does, in one or two sentences.</summary>
    internal required string Help { get; init; }

    /// <summary>Describes a default that is not a constant; null if <see cref="Default"/> is the default.</summary>
    internal string? DefaultInWords { get; init; }

    /// <summary>An example value for the configuration file; null if the default serves as one.</summary>
    internal string? Example { get; init; }

    /// <summary>Whether the value names a file with a secret. Somebody may put the secret itself there by mistake.</summary>
    internal bool NamesSecretFile { get; init; }

    /// <summary>Whether the value may be a secret, which no message shows.</summary>
    internal bool MayBeSecret { get; init; }

    /// <summary>The accepted values.</summary>
    internal abstract string Expected { get; }

    /// <summary>The accepted words if there are only a few, else empty.</summary>
    internal abstract ImmutableArray<string> Words { get; }

    /// <summary>The default as text that this key accepts; empty for "none". It comes from the option records.</summary>
    internal abstract string Default { get; }

    /// <summary>A key as messages name it: <c>[section] key</c>.</summary>
    internal static string Describe(string section, string key) => section.Length == 0 ? key : $"[{section}] {key}";

    /// <summary>Parses a value and sets it in the draft.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="instance">The NAME of the section, or the KEY in <c>[tags]</c>; else empty.</param>
    /// <param name="text">The value.</param>
    /// <returns>Null, or what is wrong and what is expected.</returns>
    internal abstract string? Apply(ConfigurationDraft draft, string instance, string text);

    /// <summary>The same, with the name that a source gives.</summary>
    internal virtual string? Apply(ConfigurationDraft draft, string instance, string name, string text) => Apply(draft, instance, text);

    /// <summary>Whether a name means this key; case is ignored.</summary>
    internal virtual bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A key with values of type <typeparamref name="T"/>.</summary>
internal sealed class ConfigurationKey<T> : ConfigurationKey
{
    /// <summary>How its text is parsed.</summary>
    internal required ConfigurationValue<T> Value { get; init; }

    /// <summary>Gets the value from a draft, for the NAME of a section.</summary>
    internal required Func<ConfigurationDraft, string, T?> Get { get; init; }

    /// <summary>Sets the value in a draft.</summary>
    internal required Action<ConfigurationDraft, string, T> Set { get; init; }

    internal override string Expected => Value.Expected;

    internal override ImmutableArray<string> Words => Value.Words;

    internal override string Default => Get(new ConfigurationDraft("", ""), "") is { } value ? Value.Format(value) : "";

    internal override string? Apply(ConfigurationDraft draft, string instance, string text)
    {
        if (!Value.TryParse(text, out T? value, out string? problem)) return problem;
        Set(draft, instance, value);
        return null;
    }
}
