using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;

namespace NsCollector.Host.Configuration;

/// <summary>Which keys of an <c>[influx:NAME]</c> section go together.</summary>
internal static class InfluxSinkRules
{
    /// <summary>The keys that only some write interfaces have.</summary>
    private static readonly FrozenDictionary<string, InfluxVersion[]> Versions = new Dictionary<string, InfluxVersion[]>
    {
        ["database"] = [InfluxVersion.V1, InfluxVersion.V3],
        ["retention_policy"] = [InfluxVersion.V1],
        ["consistency"] = [InfluxVersion.V1],
        ["create_database"] = [InfluxVersion.V1],
        ["org"] = [InfluxVersion.V2],
        ["bucket"] = [InfluxVersion.V2],
        ["accept_partial"] = [InfluxVersion.V3],
        ["no_sync"] = [InfluxVersion.V3],
        ["user"] = [InfluxVersion.V1],
        ["password_file"] = [InfluxVersion.V1],
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] TlsKeys = ["tls_ca_file", "tls_certificate_file", "tls_key_file", "tls_verify"];

    /// <summary>Whether a key means something to this write interface.</summary>
    internal static bool Takes(InfluxVersion version, string key) => !Versions.TryGetValue(key, out InfluxVersion[]? takers) || takers.Contains(version);

    /// <summary>Everything that is wrong with a sink whose values are each right.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="isGiven">Whether some source gave this key.</param>
    /// <param name="batchBytes">The size of a batch, <c>[encode] batch_size</c>.</param>
    /// <returns>The keys to blame, each with what is wrong and what would be right.</returns>
    internal static IEnumerable<(string Key, string Problem)> Broken(InfluxSinkOptions sink, Func<string, bool> isGiven, long batchBytes)
    {
        if (sink.Url.Length == 0) yield return ("url", "it is missing; wanted is the server, such as http://localhost:8086");

        int version = (int)sink.Version;
        if (sink.Version == InfluxVersion.V2)
        {
            if (sink.Organisation.Length == 0) yield return ("org", "it is missing, and version 2 needs it");
            if (sink.Bucket.Length == 0) yield return ("bucket", "it is missing, and version 2 needs it");
        }
        else if (sink.Database.Length == 0)
        {
            yield return ("database", string.Create(CultureInfo.InvariantCulture, $"it is missing, and version {version} needs it"));
        }

        foreach ((string key, InfluxVersion[] takers) in Versions.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!isGiven(key) || takers.Contains(sink.Version)) continue;
            string meant = string.Join(" or ", takers.Select(taker => ((int)taker).ToString(CultureInfo.InvariantCulture)));
            string instead = key is "user" or "password_file" ? "; a token authenticates there: token_file = FILE" : "";
            yield return (key, string.Create(CultureInfo.InvariantCulture, $"this is for version {meant}, and this sink has version {version}{instead}"));
        }

        if (Takes(sink.Version, "user"))
        {
            if (sink.User.Length > 0 && sink.PasswordFile.Length == 0) yield return ("user", "a user needs a password: password_file = FILE");
            if (sink.User.Length == 0 && sink.PasswordFile.Length > 0) yield return ("password_file", "a password needs its user: user = NAME");
            if (sink.User.Length > 0 && sink.TokenFile.Length > 0) yield return ("token_file", "there is a user too; keep either user and password_file, or token_file");
        }

        if (sink.Url.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            foreach (string key in TlsKeys.Where(isGiven)) yield return (key, "this is for TLS, and the url begins with http:; wanted is https:");
        }

        if (sink.TlsCertificateFile.Length > 0 && sink.TlsKeyFile.Length == 0) yield return ("tls_certificate_file", "a certificate needs its key: tls_key_file = FILE");
        if (sink.TlsCertificateFile.Length == 0 && sink.TlsKeyFile.Length > 0) yield return ("tls_key_file", "a key needs its certificate: tls_certificate_file = FILE");
        if (sink.RetryInterval > sink.RetryIntervalMax) yield return (isGiven("retry_interval") ? "retry_interval" : "retry_interval_max", "retry_interval must not be longer than retry_interval_max");
        if (sink.QueueBytes < batchBytes) yield return ("queue_size", "it must hold at least one batch ([encode] batch_size)");
    }

    /// <summary>What is wrong with the NAME of a section; null where nothing is. It names a directory of the spool, beside files of the spool's own.</summary>
    internal static string? NameProblem(string name)
    {
        if (name.StartsWith('.')) return "a NAME that begins with . would name a hidden directory of the spool, or one outside of it; choose another";
        return name.Contains(".refused.lp", StringComparison.OrdinalIgnoreCase) || name.Equals(SpoolLock.FileName, StringComparison.OrdinalIgnoreCase)
            ? "the spool has a file of this name; choose another NAME"
            : null;
    }

    /// <summary>What is wrong with a server's URL; null where nothing is.</summary>
    internal static string? UrlProblem(string text)
    {
        bool right = Uri.TryCreate(text, UriKind.Absolute, out Uri? url);
        if (text.AsSpan().IndexOfAny(" \\\"<>^`{|}") >= 0) return "blanks, backslashes and quotes have no place in a URL";
        int authority = text.IndexOf("//", StringComparison.Ordinal) is var slashes and >= 0 ? slashes + 2 : 0;
        int path = text.IndexOf('/', authority);
        if (text.AsSpan(authority, (path < 0 ? text.Length : path) - authority).Contains('@')) return "put the password into a file and name it with password_file, the user with user";
        if (text.Contains('?', StringComparison.Ordinal)) return "without a query: database, org and bucket are keys of their own";
        if (text.Contains('#', StringComparison.Ordinal)) return "without a fragment";
        if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) return "http:// or https:// is missing";
        if (!right || url!.Host.Length == 0 || Uri.CheckHostName(url.DnsSafeHost) == UriHostNameType.Unknown) return "there is no host in it that can be";
        return url.Port == 0 ? "there is no port 0" : null;
    }

    /// <summary>What is wrong with the path of a unix socket; null where nothing is.</summary>
    internal static string? SocketProblem(string path)
    {
        if (!path.StartsWith('/')) return "this does not begin with /";

        // unix(7): sun_path has 108 bytes, the last of them NUL.
        return Encoding.UTF8.GetByteCount(path) > 107 ? "the path of a socket has at most 107 bytes" : null;
    }

    /// <summary>What is wrong with the name of a file with a secret; null where nothing is.</summary>
    internal static string? CredentialProblem(string path) =>
        path.StartsWith('/') ? path.EndsWith('/') ? "this is a directory" : null
        : path.Contains('/', StringComparison.Ordinal) || path is "." or ".." ? "this is neither an absolute path nor a plain name"
        : null;
}
