using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration;

/// <summary>
/// One key of the configuration: the single place from which it is read, checked, documented and given its default.
/// </summary>
internal abstract class ConfigurationKey
{
    /// <summary>The section it belongs to.</summary>
    internal required ConfigurationSection Section { get; init; }

    /// <summary>Its name, or <c>KEY</c> where the administrator chooses it.</summary>
    internal required string Name { get; init; }

    /// <summary>What it does, in one or two sentences.</summary>
    internal required string Help { get; init; }

    /// <summary>What stands for the default where it is not a constant; null where <see cref="Default"/> is the truth.</summary>
    internal string? DefaultInWords { get; init; }

    /// <summary>An example for the configuration file, where the default would say too little.</summary>
    internal string? Example { get; init; }

    /// <summary>Whether the value names a file with a secret, so that a hasty hand may put the secret itself there.</summary>
    internal bool NamesSecretFile { get; init; }

    /// <summary>What values are right.</summary>
    internal abstract string Wanted { get; }

    /// <summary>The words that are right, where there are only a few; else empty.</summary>
    internal abstract ImmutableArray<string> Words { get; }

    /// <summary>The default as text that this key accepts; empty for "none". Taken from the option records, so it cannot be stale.</summary>
    internal abstract string Default { get; }

    /// <summary>Takes a value into the draft.</summary>
    /// <param name="draft">What is being put together.</param>
    /// <param name="instance">The NAME of the section, or the KEY in <c>[tags]</c>; empty else.</param>
    /// <param name="text">The value.</param>
    /// <returns>Null, or what is wrong and what would be right.</returns>
    internal abstract string? Apply(ConfigurationDraft draft, string instance, string text);
}

/// <summary>A key with values of one type.</summary>
internal sealed class ConfigurationKey<T> : ConfigurationKey
{
    /// <summary>How its text is read.</summary>
    internal required ConfigurationValue<T> Value { get; init; }

    /// <summary>The value in a draft's instance.</summary>
    internal required Func<ConfigurationDraft, string, T?> Get { get; init; }

    /// <summary>Sets it.</summary>
    internal required Action<ConfigurationDraft, string, T> Set { get; init; }

    internal override string Wanted => Value.Wanted;

    internal override ImmutableArray<string> Words => Value.Words;

    internal override string Default => Get(new ConfigurationDraft("", ""), "") is { } value ? Value.Format(value) : "";

    internal override string? Apply(ConfigurationDraft draft, string instance, string text)
    {
        if (!Value.TryParse(text, out T? value, out string? problem)) return problem;
        Set(draft, instance, value);
        return null;
    }
}
