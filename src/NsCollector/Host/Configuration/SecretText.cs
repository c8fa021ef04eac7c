namespace NsCollector.Host.Configuration;

/// <summary>What of a configuration may be a secret, which must get into no log and on no terminal.</summary>
internal static class SecretText
{
    private static readonly string[] Words = ["token", "passw", "secret", "credential", "key"];

    /// <summary>Whether the name of an unknown key, or a line that is none, speaks of a secret.</summary>
    internal static bool IsNamedBy(string name) => Words.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a value looks like a URL with a user, a password or a query in it.</summary>
    internal static bool IsInUrl(string value) => value.Contains("//", StringComparison.Ordinal) && value.AsSpan().IndexOfAny('@', '?') >= 0;

    /// <summary>A value as a message may show it: null where it may be a secret.</summary>
    /// <param name="key">The key, where there is one of this name.</param>
    /// <param name="name">The name that was given.</param>
    /// <param name="value">The value that was given.</param>
    internal static string? Shown(ConfigurationKey? key, string name, string value)
    {
        if (IsInUrl(value)) return null;
        if (key is null) return IsNamedBy(name) ? null : value;
        return key.NamesSecretFile && !value.StartsWith('/') ? null : value;
    }
}
