namespace NsCollector.Host.Configuration;

/// <summary>Recognises text of a configuration that may be a secret and must not be logged or printed.</summary>
internal static class SecretText
{
    private static readonly string[] Words = ["token", "passw", "secret", "credential", "key", "header", "authorization"];

    /// <summary>Whether the name of an unknown key, or a malformed line, suggests a secret.</summary>
    internal static bool NameSuggestsSecret(string name) => Words.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a value looks like a URL with a user, a password or a query in it.</summary>
    internal static bool UrlMayHoldSecret(string value) => value.Contains("//", StringComparison.Ordinal) && value.AsSpan().IndexOfAny('@', '?') >= 0;

    /// <summary>A value that a message may show; null if it may be a secret.</summary>
    /// <param name="key">The key; null if there is none with this name.</param>
    /// <param name="name">The name that was given.</param>
    /// <param name="value">The value that was given.</param>
    internal static string? Redact(ConfigurationKey? key, string name, string value)
    {
        if (UrlMayHoldSecret(value)) return null;
        if (key is null) return NameSuggestsSecret(name) ? null : value;
        return key.MayBeSecret || (key.NamesSecretFile && !value.StartsWith('/')) ? null : value;
    }
}
