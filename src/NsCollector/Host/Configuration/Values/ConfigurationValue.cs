using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A type of value of a key: how its text is parsed, formatted and described.</summary>
internal abstract class ConfigurationValue<T>
{
    /// <summary>The accepted values, for error messages and the documentation: "a duration such as 10s …".</summary>
    internal abstract string Expected { get; }

    /// <summary>The accepted words if there are only a few, else empty.</summary>
    internal virtual ImmutableArray<string> Words => [];

    /// <summary>Parses a value. Never throws, whatever the text is.</summary>
    /// <param name="text">The text, without white space around it.</param>
    /// <param name="value">The value.</param>
    /// <param name="problem">What is wrong and what is expected; null on success.</param>
    internal abstract bool TryParse(string text, [MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out string? problem);

    /// <summary>The text that <see cref="TryParse"/> reads as this value.</summary>
    internal abstract string Format(T value);

    /// <summary>The problem "expected …", after a remark on the given value.</summary>
    protected string Problem(string? remark = null) => remark is null ? $"expected {Expected}" : $"{remark}; expected {Expected}";
}
