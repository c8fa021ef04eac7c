using NsCollector.Deliver.Http;

namespace NsCollector.Host.Configuration;

/// <summary>Which keys go together in the section of any sink that posts to an HTTP server.</summary>
internal static class HttpSinkRules
{
    private static readonly string[] TlsKeys = ["tls_ca_file", "tls_certificate_file", "tls_key_file", "tls_verify"];

    /// <summary>Every broken rule of a sink whose values are valid by themselves.</summary>
    /// <inheritdoc cref="InfluxSinkRules.Violations"/>
    internal static IEnumerable<(string Key, string Problem)> Violations(HttpSinkOptions sink, Func<string, bool> isGiven, long batchBytes)
    {
        if (sink.Url.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            foreach (string key in TlsKeys.Where(isGiven)) yield return (key, "this key is for TLS, but url begins with http:; change it to https:");
        }

        if (sink.TlsCertificateFile.Length > 0 && sink.TlsKeyFile.Length == 0) yield return ("tls_certificate_file", "a certificate needs its key: tls_key_file = FILE");
        if (sink.TlsCertificateFile.Length == 0 && sink.TlsKeyFile.Length > 0) yield return ("tls_key_file", "a key needs its certificate: tls_certificate_file = FILE");
        if (sink.RetryInterval > sink.RetryIntervalMax) yield return (isGiven("retry_interval") ? "retry_interval" : "retry_interval_max", "retry_interval must not be longer than retry_interval_max");
        if (sink.QueueBytes < batchBytes) yield return ("queue_size", "it must hold at least one batch ([encode] batch_size)");
    }
}
