namespace NsCollector.Serve.Docker;

/// <summary>Parses the query of a request to Docker's API.</summary>
internal static class DockerQuery
{
    // dockerd's clients send fewer than ten.
    private const int MaxParameters = 64;

    /// <summary>The percent-decoded parameters, the first value of each key.</summary>
    /// <param name="query">The query, with the question mark. At most as long as a request line may be.</param>
    internal static IReadOnlyDictionary<string, string> Parse(string query)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Range range in query.AsSpan().TrimStart('?').Split('&'))
        {
            ReadOnlySpan<char> parameter = query.AsSpan().TrimStart('?')[range];
            if (parameter.IsEmpty) continue;
            if (parameters.Count == MaxParameters) break;
            int equals = parameter.IndexOf('=');
            string key = Decode(equals < 0 ? parameter : parameter[..equals]);
            parameters.TryAdd(key, equals < 0 ? "" : Decode(parameter[(equals + 1)..]));
        }

        return parameters;
    }

    // application/x-www-form-urlencoded: a plus sign is a space.
    private static string Decode(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.ToString().Replace('+', ' '));
}
