using System.Collections.Immutable;
using NsCollector.Encode.Selection;

namespace NsCollector.Serve.Http;

/// <summary>The options of the section <c>[http]</c>.</summary>
internal sealed record HttpOptions
{
    /// <summary>The addresses: <c>127.0.0.1:9469</c>, <c>[::1]:9469</c>, <c>unix:/run/nscollector/http.sock</c>. Empty: nothing listens.</summary>
    public ImmutableArray<ListenAddress> Listen { get; init; } = [];

    /// <summary>Whether addresses that other hosts can reach may be served without credentials and TLS.</summary>
    public bool Insecure { get; init; }

    /// <summary>The file with the bearer token (RFC 6750) that a request must have; empty for none.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>The user of basic authentication (RFC 7617); empty for none.</summary>
    public string User { get; init; } = "";

    /// <summary>The file with the user's password.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>PEM file with the server's certificate and its chain; empty for plain HTTP.</summary>
    public string TlsCertificateFile { get; init; } = "";

    /// <summary>PEM file with the certificate's key.</summary>
    public string TlsKeyFile { get; init; } = "";

    /// <summary>Maximum connections at the same time. Further ones are closed immediately.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>Maximum time to answer a request. After that, the connection is closed.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The group that may connect to unix sockets, in addition to root; empty for the agent's own group.</summary>
    public string SocketGroup { get; init; } = "";

    /// <summary>Which metrics and labels the pages show.</summary>
    public OutputChoice Choice { get; init; } = new();

    /// <summary>Whether samples have timestamps.</summary>
    public bool Timestamps { get; init; }

    /// <summary>The names of the host's series.</summary>
    public HostNames HostNames { get; init; }

    /// <summary>Whether the page also shows the cgroups that contain containers.</summary>
    public bool Parents { get; init; } = true;

    /// <summary>How many of these are shown at most.</summary>
    public int MaxParents { get; init; } = 1000;

    /// <summary>How long an exit of a container is shown; 0: never.</summary>
    public TimeSpan ExitsKept { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether cAdvisor's REST API is served below /api/.</summary>
    public bool CadvisorApi { get; init; }

    /// <summary>How long samples are kept for that API; 0: only the last ones.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Maximum bytes of the kept samples.</summary>
    public long HistoryMemoryBytes { get; init; } = 16 << 20;

    /// <summary>Whether requests must have credentials.</summary>
    internal bool HasCredentials => TokenFile.Length > 0 || User.Length > 0;

    /// <summary>Whether connections are encrypted.</summary>
    internal bool HasTls => TlsCertificateFile.Length > 0;
}
