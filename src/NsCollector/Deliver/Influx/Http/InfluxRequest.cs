using System.Text;

namespace NsCollector.Deliver.Influx.Http;

/// <summary>The addresses of each version's interface, from the options. Names are percent-escaped as UTF-8 (RFC 3986).</summary>
internal static class InfluxRequest
{
    /// <summary>Where lines are posted.</summary>
    internal static string WriteUrl(InfluxSinkOptions options) => options.Version switch
    {
        InfluxVersion.V1 => Url(
            options,
            "/write",
            ("db", options.Database),
            ("rp", options.RetentionPolicy),
            ("precision", "ns"),
            ("consistency", options.Consistency)),
        InfluxVersion.V2 => Url(
            options,
            "/api/v2/write",
            ("org", options.Organisation),
            ("bucket", options.Bucket),
            ("precision", "ns")),
        _ => Url(
            options,
            "/api/v3/write_lp",
            ("db", options.Database),
            ("precision", "nanosecond"),
            ("accept_partial", options.AcceptPartial ? "true" : "false"),
            ("no_sync", options.NoSync ? "true" : "false")),
    };

    /// <summary>Where the server says that it is there; alike in every version.</summary>
    internal static string PingUrl(InfluxSinkOptions options) => Url(options, "/ping");

    /// <summary>Where statements of InfluxQL are posted (version 1).</summary>
    internal static string QueryUrl(InfluxSinkOptions options) => Url(options, "/query");

    /// <summary>The form that makes the database (version 1). It changes nothing where the database is there already.</summary>
    internal static byte[] CreateDatabaseForm(string database)
    {
        // An identifier of InfluxQL: in double quotes, with a backslash before those and itself, and before n for a newline.
        StringBuilder identifier = new();
        foreach (char character in database)
        {
            if (character is '"' or '\\') identifier.Append('\\');
            identifier.Append(character == '\n' ? "\\n" : character.ToString());
        }
        return Encoding.ASCII.GetBytes("q=" + Escaped($"CREATE DATABASE \"{identifier}\""));
    }

    private static string Url(InfluxSinkOptions options, string path, params ReadOnlySpan<(string Name, string Value)> query)
    {
        StringBuilder url = new(options.Url.TrimEnd('/'));
        url.Append(path);
        char separator = '?';
        foreach ((string name, string value) in query)
        {
            if (value.Length == 0) continue;
            url.Append(separator).Append(name).Append('=').Append(Escaped(value));
            separator = '&';
        }
        return url.ToString();
    }

    // Half a surrogate pair cannot be escaped, and would throw.
    private static string Escaped(string text) => Uri.EscapeDataString(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
}
