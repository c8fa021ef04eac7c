namespace NsCollector.Sample.Filesystem;

/// <summary>The state of a walk.</summary>
internal enum WalkOutcome
{
    /// <summary>The walk is not complete.</summary>
    Unfinished,

    /// <summary>Everything was counted.</summary>
    Complete,

    /// <summary>The tree exceeds a bound: depth, bytes of pending names, or files with several links.</summary>
    OverBounds,

    /// <summary>A directory or file could not be read.</summary>
    Failed,

    /// <summary>The container has ended, or the directory was replaced by another one.</summary>
    Abandoned,
}
