namespace NsCollector.Deliver;

/// <summary>The kinds of failures that <see cref="SinkCounters"/> counts separately.</summary>
internal enum SinkFailure
{
    /// <summary>A file or stream could not be opened, written or repaired; a batch was not whole.</summary>
    Write,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>There was no complete response in time.</summary>
    TimedOut,

    /// <summary>TLS failed: a certificate or the handshake.</summary>
    Tls,

    /// <summary>Credentials or permissions were missing.</summary>
    Unauthorized,

    /// <summary>The database, bucket, organisation or retention policy is unknown.</summary>
    NotFound,

    /// <summary>The server asked to try again later.</summary>
    Throttled,

    /// <summary>The server failed.</summary>
    Server,

    /// <summary>The server refused lines or a request.</summary>
    Refused,

    /// <summary>The body was too large for the server.</summary>
    TooLarge,

    /// <summary>The response did not come from a database.</summary>
    NotADatabase,

    /// <summary>A secret or a certificate file could not be read.</summary>
    Configuration,

    /// <summary>A spool file could not be written, read or removed.</summary>
    Spool,

    /// <summary>A spool file was damaged and set aside.</summary>
    SpoolDamaged,

    /// <summary>A refused line could not be written to the file of refused lines.</summary>
    RefusedFile,

    /// <summary>The number of kinds; not a kind.</summary>
    Count,
}
