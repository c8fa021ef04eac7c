namespace NsCollector.Discover.Identify.Engine;

/// <summary>What <see cref="JsonObjectReader"/> came upon.</summary>
internal enum JsonObjectOutcome
{
    /// <summary>An object, whole.</summary>
    Object,

    /// <summary>An object longer than may be held; it was passed over.</summary>
    TooLong,

    /// <summary>The end, where it may be.</summary>
    End,

    /// <summary>The end, in the middle of something.</summary>
    Cut,

    /// <summary>More bytes than may be read.</summary>
    TooLarge,

    /// <summary>Something else than objects.</summary>
    Malformed,
}
