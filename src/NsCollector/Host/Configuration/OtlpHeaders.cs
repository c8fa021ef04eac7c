using System.Buffers;
using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>The headers that an <c>[otlp:NAME]</c> section adds to requests.</summary>
internal static class OtlpHeaders
{
    private const int MaxValueLength = 4096;

    // Those that the agent or the HTTP client sets.
    private static readonly string[] Reserved = ["host", "accept-encoding", "transfer-encoding", "connection", "expect", "user-agent", "te", "trailer", "upgrade"];

    // token, RFC 9110 5.6.2.
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>What is wrong with a header; null if nothing is.</summary>
    internal static string? Problem(string name, string value)
    {
        if (name.Length is 0 or > 128 || name.AsSpan().ContainsAnyExcept(NameCharacters)) return "the name of a header has letters, digits and - only";
        if (Reserved.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("content-", StringComparison.OrdinalIgnoreCase)) return "the agent sets this header itself; remove the key";
        return value.Length <= MaxValueLength && value.All(static character => character is >= ' ' and < '\x7f') ? null : "the value of a header is printable ASCII text of at most 4096 characters";
    }

    /// <summary>Adds a header. A later source replaces the value; case is ignored.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Add(ImmutableArray<KeyValuePair<string, string>> headers, string name, string value) =>
        [.. headers.Where(header => !header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)), new(name, value)];
}
