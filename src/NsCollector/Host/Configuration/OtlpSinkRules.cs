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
        foreach ((string Key, string Problem) violation in HttpSinkRules.Violations(sink, isGiven, batchBytes)) yield return violation;
    }
}
