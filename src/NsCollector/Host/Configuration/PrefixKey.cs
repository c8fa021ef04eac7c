using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>A key whose end the administrator chooses, such as <c>header.NAME</c>. A section can have several of them.</summary>
internal sealed class PrefixKey : ConfigurationKey
{
    /// <summary>How its name begins.</summary>
    internal required string Prefix { get; init; }

    /// <summary>The accepted values.</summary>
    internal required string ValueExpected { get; init; }

    /// <summary>What is wrong with an end and its value; null if nothing is.</summary>
    internal required Func<string, string, string?> Problem { get; init; }

    /// <summary>Sets the value in a draft, for the NAME of a section and the end of the key.</summary>
    internal required Action<ConfigurationDraft, string, string, string> Set { get; init; }

    internal override string Expected => ValueExpected;

    internal override ImmutableArray<string> Words => [];

    internal override string Default => "";

    internal override bool Is(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    internal override string? Apply(ConfigurationDraft draft, string instance, string text) => $"the name after {Prefix} is missing";

    internal override string? Apply(ConfigurationDraft draft, string instance, string name, string text)
    {
        string end = name[Prefix.Length..];
        if (Problem(end, text) is { } problem) return problem;
        Set(draft, instance, end, text);
        return null;
    }
}
