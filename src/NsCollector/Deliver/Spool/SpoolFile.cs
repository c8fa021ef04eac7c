namespace NsCollector.Deliver.Spool;

/// <summary>A file found in a sink's spool directory.</summary>
/// <param name="Name">Its parsed name.</param>
/// <param name="FileBytes">Its size.</param>
/// <param name="ModifiedUtc">Its modification time.</param>
internal readonly record struct SpoolFile(SpoolFileName Name, long FileBytes, DateTime ModifiedUtc);
