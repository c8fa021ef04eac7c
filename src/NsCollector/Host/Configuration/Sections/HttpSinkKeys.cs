using NsCollector.Deliver.Http;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The keys that the sections of all sinks that post to an HTTP server have in common.</summary>
internal static class HttpSinkKeys
{
    /// <summary>The keys.</summary>
    /// <param name="keys">The section.</param>
    /// <param name="what">What it posts.</param>
    /// <param name="secret">What else a listener could read.</param>
    internal static ConfigurationKey[] Of<T>(SectionKeys<T> keys, string what, string secret)
        where T : HttpSinkOptions =>
    [
        keys.Key("proxy", new SwitchValue(), o => o.UseProxy, (o, v) => (T)((HttpSinkOptions)o with { UseProxy = v }),
            "Use the proxy that the environment names (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`)."),
        keys.Key("gzip", new SwitchValue(), o => o.Gzip, (o, v) => (T)((HttpSinkOptions)o with { Gzip = v }),
            $"Send {what} compressed."),
        keys.Key("expect_continue", new SwitchValue(), o => o.ExpectContinue, (o, v) => (T)((HttpSinkOptions)o with { ExpectContinue = v }),
            $"Ask the server before sending {what} (`Expect: 100-continue`), so that a refusal arrives as an answer and not as a broken connection."),
        keys.Key("connect_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), o => o.ConnectTimeout, (o, v) => (T)((HttpSinkOptions)o with { ConnectTimeout = v }),
            "Timeout for connecting, TLS handshake included."),
        keys.Key("timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), o => o.Timeout, (o, v) => (T)((HttpSinkOptions)o with { Timeout = v }),
            "Timeout for a whole request, answer included."),
        File(keys, "tls_ca_file", (o, v) => (T)((HttpSinkOptions)o with { TlsCaFile = v }),
            "PEM file with the certificate authorities to trust instead of the system's.", "the system's", "/etc/nscollector/ca.pem"),
        File(keys, "tls_certificate_file", (o, v) => (T)((HttpSinkOptions)o with { TlsCertificateFile = v }),
            "PEM file with the client certificate and its chain.", "none", "/etc/nscollector/client.pem"),
        File(keys, "tls_key_file", (o, v) => (T)((HttpSinkOptions)o with { TlsKeyFile = v }),
            "PEM file with the key of the client certificate. Other users must not be able to read it.", "none", "/etc/nscollector/client.key"),
        keys.Key("tls_verify", new SwitchValue(), o => o.TlsVerify, (o, v) => (T)((HttpSinkOptions)o with { TlsVerify = v }),
            $"Verify the server's certificate. With `off`, anybody on the network path can read and change everything, {secret} too; a warning is logged."),
        keys.Key("retry_interval", new DurationValue(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)), o => o.RetryInterval, (o, v) => (T)((HttpSinkOptions)o with { RetryInterval = v }),
            "Maximum pause after the first failure. It doubles with each further failure. The actual pause is drawn between zero and this maximum."),
        keys.Key("retry_interval_max", new DurationValue(TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)), o => o.RetryIntervalMax, (o, v) => (T)((HttpSinkOptions)o with { RetryIntervalMax = v }),
            "Maximum pause after any number of failures. Also the pause after an error that only an administrator can correct (a wrong token, a missing bucket)."),
        keys.Key("retry_after_max", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), zeroAllowed: true), o => o.RetryAfterMax, (o, v) => (T)((HttpSinkOptions)o with { RetryAfterMax = v }),
            "Maximum pause that a server may request (`Retry-After`). A longer one is cut to this value."),
        keys.Key("replay_rate", new SizeValue(4096, 1L << 40, zeroAllowed: true), o => o.ReplayBytesPerSecond, (o, v) => (T)((HttpSinkOptions)o with { ReplayBytesPerSecond = v }),
            $"Maximum bytes of {what} per second that are sent from the backlog of an outage, so that a recovering server is not overloaded. 0: no limit."),
        keys.Key("queue_size", new SizeValue(64 << 10, 64L << 30), o => o.QueueBytes, (o, v) => (T)((HttpSinkOptions)o with { QueueBytes = v }),
            $"Maximum bytes of {what} that wait in memory to be compressed and spooled. When it is full, the oldest batch is dropped and counted. Must hold at least one batch."),
        keys.Key("memory_size", new SizeValue(64 << 10, 64L << 30), o => o.MemoryBytes, (o, v) => (T)((HttpSinkOptions)o with { MemoryBytes = v }),
            "Maximum compressed bytes kept in memory while the spool is off or cannot be written. Beyond it the oldest are dropped and counted."),
    ];

    /// <summary>A key that names a file with a secret or a certificate.</summary>
    internal static ConfigurationKey<string> File<T>(
        SectionKeys<T> keys, string name, Func<T, string, T> set, string help, string defaultInWords, string example) =>
        keys.Text(name, new TextValue("the absolute path of a file, or the name of one in /etc/nscollector/credentials", 4095, PathProblem.OfCredential),
            set, help, defaultInWords, example, namesSecretFile: true);
}
