namespace NsCollector.Deliver.Spool;

/// <summary>A file found in a sink's spool directory.</summary>
/// <param name="Name">What its name tells.</param>
/// <param name="FileBytes">Its size.</param>
/// <param name="ModifiedUtc">When it was written, by the file system.</param>
internal readonly record struct SpoolFile(SpoolFileName Name, long FileBytes, DateTime ModifiedUtc);
