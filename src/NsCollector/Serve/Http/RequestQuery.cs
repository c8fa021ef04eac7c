using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Serve.Http;

/// <summary>The parameters in the query of a request: percent-decoded, the first value of each key. Hostile. The server limits its length.</summary>
internal sealed class RequestQuery
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <param name="query">The query, with or without its question mark.</param>
    internal RequestQuery(string query)
    {
        foreach (string part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            _values.TryAdd(Decode(equals < 0 ? part : part[..equals]), equals < 0 ? "" : Decode(part[(equals + 1)..]));
        }
    }

    /// <summary>The value of a parameter; empty if it is missing.</summary>
    internal string this[string key] => _values.GetValueOrDefault(key, "");

    /// <summary>Whether a parameter is there.</summary>
    internal bool TryGet(string key, [NotNullWhen(true)] out string? value) => _values.TryGetValue(key, out value);

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
