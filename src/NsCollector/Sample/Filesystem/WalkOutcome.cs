namespace NsCollector.Sample.Filesystem;

/// <summary>How far a walk is.</summary>
internal enum WalkOutcome
{
    /// <summary>There is more.</summary>
    Unfinished,

    /// <summary>Everything was counted.</summary>
    Complete,

    /// <summary>The tree is deeper, or has more names or hard links at once, than the walk has room for.</summary>
    OverBounds,

    /// <summary>A directory or file could not be read.</summary>
    Failed,

    /// <summary>Its container has ended, or it is another directory by now.</summary>
    Abandoned,
}
