using System.Collections.Immutable;

namespace NsCollector.Deliver.Http;

/// <summary>What all sinks that post to an HTTP server have in common. Immutable; validated by Host. Empty texts mean "not given".</summary>
internal abstract record HttpSinkOptions : SinkOptions
{
    /// <summary>The server, <c>http://HOST:PORT</c> or <c>https://…</c>, perhaps with a path in front of the interface's own; without user, query and fragment.</summary>
    public string Url { get; init; } = "";

    /// <summary>The user; the password is in <see cref="PasswordFile"/>.</summary>
    public string User { get; init; } = "";

    /// <summary>The file of the password: absolute, or relative to $CREDENTIALS_DIRECTORY.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>The file of the token: absolute, or relative to $CREDENTIALS_DIRECTORY.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>The unix socket to connect to instead of the URL's host and port; absolute.</summary>
    public string UnixSocket { get; init; } = "";

    /// <summary>Whether the environment's proxy variables (https_proxy and so on) are used.</summary>
    public bool UseProxy { get; init; } = true;

    /// <summary>Whether bodies are sent compressed.</summary>
    public bool Gzip { get; init; } = true;

    /// <summary>Whether the server is asked before a body is sent (Expect: 100-continue, RFC 9110 10.1.1), so that a refusal arrives instead of a broken pipe.</summary>
    public bool ExpectContinue { get; init; } = true;

    /// <summary>How long a connection may take, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a whole request may take, its answer included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>PEM file of the authorities that are trusted instead of the system's; empty for the system's.</summary>
    public string TlsCaFile { get; init; } = "";

    /// <summary>PEM file of the client's certificate, with its chain.</summary>
    public string TlsCertificateFile { get; init; } = "";

    /// <summary>PEM file of the client certificate's key.</summary>
    public string TlsKeyFile { get; init; } = "";

    /// <summary>Whether the server's certificate is checked.</summary>
    public bool TlsVerify { get; init; } = true;

    /// <summary>The longest pause after the first failure; it doubles with each further one.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after any number of failures; also the pause if only an administrator can fix the cause.</summary>
    public TimeSpan RetryIntervalMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause that is accepted from Retry-After.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Maximum uncompressed bytes per second that are sent from the backlog of an outage; 0 for no limit.</summary>
    public long ReplayBytesPerSecond { get; init; } = 8L * 1024 * 1024;

    /// <summary>Maximum uncompressed bytes that wait in memory to be compressed and spooled.</summary>
    public long QueueBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Maximum compressed bytes that wait in memory while the spool is off or cannot be written.</summary>
    public long MemoryBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>Headers of every request.</summary>
    internal virtual ImmutableArray<KeyValuePair<string, string>> Headers => [];

    /// <summary>Headers of every request whose values are in files: absolute paths, or relative to $CREDENTIALS_DIRECTORY.</summary>
    internal virtual ImmutableArray<KeyValuePair<string, string>> HeaderFiles => [];

    /// <summary>The scheme of the token in the header Authorization.</summary>
    internal virtual string TokenScheme => "Bearer";

    /// <summary>The name of the sink's directory in the spool.</summary>
    internal virtual string SpoolDirectory => Name;
}
