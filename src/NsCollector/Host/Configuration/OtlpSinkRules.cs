using NsCollector.Deliver.Otlp;

namespace NsCollector.Host.Configuration;

/// <summary>Which keys of an <c>[otlp:NAME]</c> section go together.</summary>
internal static class OtlpSinkRules
{
    /// <summary>Every broken rule of a sink whose values are valid by themselves.</summary>
    /// <inheritdoc cref="InfluxSinkRules.Violations"/>
    internal static IEnumerable<(string Key, string Problem)> Violations(OtlpSinkOptions sink, Func<string, bool> isGiven, long batchBytes)
    {
        if (sink.Url.Length == 0) yield return ("url", "it is missing; set it to the server, such as http://localhost:4318/v1/metrics");
        if (sink.MaxRequestBytes < batchBytes) yield return ("max_request_size", "it must hold at least one batch ([encode] batch_size)");
        if (sink.User.Length > 0 && sink.PasswordFile.Length == 0) yield return ("user", "a user needs a password: password_file = FILE");
        if (sink.User.Length == 0 && sink.PasswordFile.Length > 0) yield return ("password_file", "a password needs its user: user = NAME");
        if (sink.User.Length > 0 && sink.TokenFile.Length > 0) yield return ("token_file", "there is a user too; set either user and password_file, or token_file");
        foreach ((string name, _) in sink.HeaderValueFiles)
        {
            if (sink.HeaderValues.Any(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
                yield return ("header_file." + name, $"header.{name} sets the same header; remove one of them");
        }

        string? credential = sink.TokenFile.Length > 0 ? "token_file" : sink.User.Length > 0 ? "user" : null;
        if (credential is not null && AuthorizationKey(sink) is { } key) yield return (key, $"{credential} sets the same header; remove one of them");
        foreach ((string Key, string Problem) violation in HttpSinkRules.Violations(sink, isGiven, batchBytes)) yield return violation;
    }

    private static string? AuthorizationKey(OtlpSinkOptions sink) =>
        sink.HeaderValues.Select(header => ("header.", header.Key)).Concat(sink.HeaderValueFiles.Select(header => ("header_file.", header.Key)))
            .Where(one => one.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)).Select(one => one.Item1 + one.Key).FirstOrDefault();
}
