namespace NsCollector.Deliver.Influx.Answers;

/// <summary>What an answer of a server, or its absence, means for the lines that were sent.</summary>
internal enum AnswerKind
{
    /// <summary>All of them are stored.</summary>
    Taken,

    /// <summary>All but some are stored, and those never will be: they must not be sent again. <see cref="InfluxAnswer"/> tells which, as far as the server did.</summary>
    TakenInPart,

    /// <summary>None is stored, because some line is bad; it is found by halving.</summary>
    LinesRefused,

    /// <summary>None is stored, and the server does not say that a line is to blame: perhaps one is, perhaps the request.</summary>
    RequestRefused,

    /// <summary>None is stored: the body is too large (413).</summary>
    TooLarge,

    /// <summary>None is stored: credentials or rights are missing (401, 403, 407).</summary>
    Unauthorized,

    /// <summary>None is stored: the server does not know the database, bucket, organisation or retention policy.</summary>
    NotFound,

    /// <summary>None is stored, and only the server's administrator can mend it (a series limit, a read-only replica).</summary>
    ServerRefused,

    /// <summary>None is stored now: too many requests (429, 503).</summary>
    Throttled,

    /// <summary>Whether any is stored is not known: the server failed (5xx).</summary>
    ServerFailed,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>The server's certificate or the TLS handshake was refused.</summary>
    TlsFailed,

    /// <summary>There was no whole answer in time.</summary>
    TimedOut,

    /// <summary>The answer is none of a database: a redirect, a page of HTML, more headers than allowed, no HTTP.</summary>
    NotADatabase,

    /// <summary>Our own: a secret or certificate file cannot be read.</summary>
    NotConfigured,

    /// <summary>The agent is stopping.</summary>
    Cancelled,
}
