namespace NsCollector.Discover.Identify.Engine;

/// <summary>What <see cref="JsonObjectReader"/> read.</summary>
internal enum JsonObjectOutcome
{
    /// <summary>A whole object.</summary>
    Object,

    /// <summary>An object that is longer than allowed; it was skipped.</summary>
    TooLong,

    /// <summary>The end, in a place where it is allowed.</summary>
    End,

    /// <summary>The end in the middle of something.</summary>
    Cut,

    /// <summary>More bytes than allowed.</summary>
    TooLarge,

    /// <summary>Not JSON, or not objects.</summary>
    Malformed,
}
