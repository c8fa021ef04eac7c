namespace NsCollector.Deliver.Http;

/// <summary>What a response, or the lack of one, means for the lines that were sent.</summary>
internal enum AnswerKind
{
    /// <summary>All of them are stored.</summary>
    Taken,

    /// <summary>Some lines are permanently refused, and the others are stored. <see cref="ServerAnswer"/> has the refused ones that the server named.</summary>
    TakenInPart,

    /// <summary>None is stored, because some line is bad; it is found by halving.</summary>
    LinesRefused,

    /// <summary>None is stored, and the cause may be a line or the request.</summary>
    RequestRefused,

    /// <summary>None is stored: the body is too large (413).</summary>
    TooLarge,

    /// <summary>None is stored: credentials or rights are missing (401, 403, 407).</summary>
    Unauthorized,

    /// <summary>None is stored: the server does not know the database, bucket, organisation or retention policy.</summary>
    NotFound,

    /// <summary>None is stored, and only the server's administrator can fix it (a series limit, a read-only replica).</summary>
    ServerRefused,

    /// <summary>None is stored now: too many requests (429, 503).</summary>
    Throttled,

    /// <summary>Whether any is stored is not known: the server failed (5xx).</summary>
    ServerFailed,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>The server's certificate or the TLS handshake was refused.</summary>
    TlsFailed,

    /// <summary>There was no complete response in time.</summary>
    TimedOut,

    /// <summary>The response does not come from a database: a redirect, an HTML page, too many headers, no HTTP.</summary>
    NotADatabase,

    /// <summary>No request was sent, because a secret or certificate file cannot be read.</summary>
    NotConfigured,

    /// <summary>The agent is stopping.</summary>
    Cancelled,
}
