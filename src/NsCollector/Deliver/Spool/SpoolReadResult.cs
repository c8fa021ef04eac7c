namespace NsCollector.Deliver.Spool;

/// <summary>How the reading of a spool file ended.</summary>
internal enum SpoolReadResult
{
    /// <summary>It is whole.</summary>
    Whole,

    /// <summary>It is gone: the administrator dropped it.</summary>
    Missing,

    /// <summary>Its bytes are not those that were written.</summary>
    Damaged,

    /// <summary>The disk gave an error; it may be whole.</summary>
    Failed,
}
