namespace NsCollector.Linux.Interop;

/// <summary>What came of looking up a user or a group by name.</summary>
internal enum AccountLookup
{
    /// <summary>There is one of this name.</summary>
    Found,

    /// <summary>There is none of this name.</summary>
    Unknown,

    /// <summary>Nothing can be looked up: <see cref="Posix.Problem"/>.</summary>
    Impossible,
}
