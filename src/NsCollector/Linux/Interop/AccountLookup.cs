namespace NsCollector.Linux.Interop;

/// <summary>Result of looking up a user or group by name.</summary>
internal enum AccountLookup
{
    /// <summary>It exists.</summary>
    Found,

    /// <summary>It does not exist.</summary>
    Unknown,

    /// <summary>Accounts cannot be looked up: see <see cref="Posix.Problem"/>.</summary>
    Impossible,
}
