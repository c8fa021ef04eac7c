using System.Collections.Frozen;
using System.Globalization;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;

namespace NsCollector.Host.Configuration;

/// <summary>Which keys of an <c>[influx:NAME]</c> section go together, and what its NAME and URL may be.</summary>
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

    /// <summary>Whether this write interface uses a key.</summary>
    internal static bool AppliesTo(InfluxVersion version, string key) => !Versions.TryGetValue(key, out InfluxVersion[]? versions) || versions.Contains(version);

    /// <summary>Every broken rule of a sink whose values are valid by themselves.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="isGiven">Whether a source gave this key.</param>
    /// <param name="batchBytes">The size of a batch, <c>[encode] batch_size</c>.</param>
    /// <returns>The keys at fault, each with what is wrong and what is expected.</returns>
    internal static IEnumerable<(string Key, string Problem)> Violations(InfluxSinkOptions sink, Func<string, bool> isGiven, long batchBytes)
    {
        if (sink.Url.Length == 0) yield return ("url", "it is missing; set it to the server, such as http://localhost:8086");

        int version = (int)sink.Version;
        if (sink.Version == InfluxVersion.V2)
        {
            if (sink.Organisation.Length == 0) yield return ("org", "it is missing; version 2 needs it");
            if (sink.Bucket.Length == 0) yield return ("bucket", "it is missing; version 2 needs it");
        }
        else if (sink.Database.Length == 0)
        {
            yield return ("database", string.Create(CultureInfo.InvariantCulture, $"it is missing; version {version} needs it"));
        }

        foreach ((string key, InfluxVersion[] versions) in Versions.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!isGiven(key) || versions.Contains(sink.Version)) continue;
            string meant = string.Join(" or ", versions.Select(one => ((int)one).ToString(CultureInfo.InvariantCulture)));
            string instead = key is "user" or "password_file" ? "; authenticate with a token instead: token_file = FILE" : "";
            yield return (key, string.Create(CultureInfo.InvariantCulture, $"this key is for version {meant}, but this sink has version {version}{instead}"));
        }

        if (AppliesTo(sink.Version, "user"))
        {
            if (sink.User.Length > 0 && sink.PasswordFile.Length == 0) yield return ("user", "a user needs a password: password_file = FILE");
            if (sink.User.Length == 0 && sink.PasswordFile.Length > 0) yield return ("password_file", "a password needs its user: user = NAME");
            if (sink.User.Length > 0 && sink.TokenFile.Length > 0) yield return ("token_file", "there is a user too; set either user and password_file, or token_file");
        }

        foreach ((string Key, string Problem) violation in HttpSinkRules.Violations(sink, isGiven, batchBytes)) yield return violation;
    }

    /// <summary>What is wrong with the NAME of a section; null if nothing is. It is the name of a directory of the spool, beside the spool's own files.</summary>
    internal static string? NameProblem(string name)
    {
        if (name.StartsWith('.')) return "a NAME that begins with . would be a hidden directory of the spool, or one outside it; choose another";
        return name.Contains(".refused.lp", StringComparison.OrdinalIgnoreCase) || name.Equals(SpoolLock.FileName, StringComparison.OrdinalIgnoreCase)
            ? "the spool has a file of this name; choose another NAME"
            : null;
    }

    /// <summary>What is wrong with a server's URL; null if nothing is.</summary>
    internal static string? UrlProblem(string text)
    {
        bool parsed = Uri.TryCreate(text, UriKind.Absolute, out Uri? url);
        if (text.AsSpan().IndexOfAny(" \\\"<>^`{|}") >= 0) return "a URL cannot contain spaces, backslashes or quotes";
        int authority = text.IndexOf("//", StringComparison.Ordinal) is var slashes and >= 0 ? slashes + 2 : 0;
        int path = text.IndexOf('/', authority);
        if (text.AsSpan(authority, (path < 0 ? text.Length : path) - authority).Contains('@')) return "put the user into user, and the password into a file named by password_file";
        if (text.Contains('?', StringComparison.Ordinal)) return "remove the query; database, org and bucket have their own keys";
        if (text.Contains('#', StringComparison.Ordinal)) return "remove the fragment";
        if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) return "http:// or https:// is missing";
        if (!parsed || url!.Host.Length == 0 || Uri.CheckHostName(url.DnsSafeHost) == UriHostNameType.Unknown) return "the host is missing or invalid";
        return url.Port == 0 ? "port 0 is invalid" : null;
    }
}
