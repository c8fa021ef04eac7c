using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A kind of value that a key can have: how its text is read, written and described.</summary>
internal abstract class ConfigurationValue<T>
{
    /// <summary>What is right, for error messages and the documentation: "a duration such as 10s …".</summary>
    internal abstract string Wanted { get; }

    /// <summary>The words that are right, where there are only a few; else empty.</summary>
    internal virtual ImmutableArray<string> Words => [];

    /// <summary>Reads a value. Never throws, whatever the text is.</summary>
    /// <param name="text">The text, without blanks around it.</param>
    /// <param name="value">The value.</param>
    /// <param name="problem">What is wrong and what would be right; null where nothing is wrong.</param>
    internal abstract bool TryParse(string text, [MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out string? problem);

    /// <summary>The text that <see cref="TryParse"/> reads as this value.</summary>
    internal abstract string Format(T value);

    /// <summary>The problem "wanted is …", with a remark on what was given.</summary>
    protected string Wrong(string? remark = null) => remark is null ? $"wanted is {Wanted}" : $"{remark}; wanted is {Wanted}";
}
