namespace NsCollector.Deliver.Spool;

/// <summary>The result of reading a spool file.</summary>
internal enum SpoolReadResult
{
    /// <summary>The file is intact.</summary>
    Whole,

    /// <summary>The file is missing: somebody removed it.</summary>
    Missing,

    /// <summary>Its bytes have changed since it was written.</summary>
    Damaged,

    /// <summary>An I/O error; the file may be intact.</summary>
    Failed,
}
