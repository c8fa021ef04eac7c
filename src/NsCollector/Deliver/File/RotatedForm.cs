namespace NsCollector.Deliver.File;

/// <summary>The forms of a rotated file.</summary>
internal enum RotatedForm
{
    /// <summary>Lines.</summary>
    Plain,

    /// <summary>Lines in gzip, complete.</summary>
    Gzip,

    /// <summary>An unfinished compression, without use.</summary>
    UnfinishedGzip,
}
