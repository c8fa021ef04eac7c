namespace NsCollector.Deliver.Influx;

/// <summary>One <c>[influx:NAME]</c> section. Immutable; validated by Host. Empty texts mean "not given".</summary>
internal sealed record InfluxSinkOptions : SinkOptions
{
    /// <summary>The server, <c>http://HOST:PORT</c> or <c>https://…</c>, perhaps with a path in front of the interface's own; without user, query and fragment.</summary>
    public string Url { get; init; } = "";

    /// <summary>The write interface.</summary>
    public InfluxVersion Version { get; init; } = InfluxVersion.V1;

    /// <summary>Versions 1 and 3: the database.</summary>
    public string Database { get; init; } = "";

    /// <summary>Version 1: the retention policy; empty for the database's default.</summary>
    public string RetentionPolicy { get; init; } = "";

    /// <summary>Version 1: the write consistency of a cluster (any, one, quorum, all); empty for the server's default.</summary>
    public string Consistency { get; init; } = "";

    /// <summary>Version 1: whether a database that is missing is created.</summary>
    public bool CreateDatabase { get; init; }

    /// <summary>Version 2: the organisation.</summary>
    public string Organisation { get; init; } = "";

    /// <summary>Version 2: the bucket.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>Version 3: whether the good lines of a batch are kept where some are bad.</summary>
    public bool AcceptPartial { get; init; } = true;

    /// <summary>Version 3: whether the server may answer before the points are durable with it.</summary>
    public bool NoSync { get; init; }

    /// <summary>Version 1: the user; the password stands in <see cref="PasswordFile"/>.</summary>
    public string User { get; init; } = "";

    /// <summary>The file of the password: absolute, or relative to $CREDENTIALS_DIRECTORY.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>The file of the token: absolute, or relative to $CREDENTIALS_DIRECTORY.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>The unix socket to connect to instead of the URL's host and port; absolute.</summary>
    public string UnixSocket { get; init; } = "";

    /// <summary>Whether the environment's proxy variables (https_proxy and so on) count.</summary>
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

    /// <summary>The longest pause after any number of failures; also the pause where only the administrator can help.</summary>
    public TimeSpan RetryIntervalMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest Retry-After that is obeyed.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many bytes a second (of lines, uncompressed) are sent of what was left behind while the server was down; 0 for no bound.</summary>
    public long ReplayBytesPerSecond { get; init; } = 8L * 1024 * 1024;

    /// <summary>How many bytes of lines may wait in memory to be compressed and spooled.</summary>
    public long QueueBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>How many compressed bytes may wait in memory where the spool cannot be written.</summary>
    public long MemoryBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>Where lines go that the server refuses for good; empty for <c>NAME.refused.lp</c> in the spool's directory.</summary>
    public string RefusedFile { get; init; } = "";

    /// <summary>How large that file and the one before it may be together.</summary>
    public long RefusedFileBytes { get; init; } = 16L * 1024 * 1024;
}
