using NsCollector.Deliver.Spool;

namespace NsCollector.Host.Inventory;

/// <summary>One file in the spool.</summary>
/// <param name="Sink">The NAME of its sink, which is the name of its directory.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Name">Its parsed name.</param>
/// <param name="State">Whether it waits, is damaged or was refused.</param>
/// <param name="FileBytes">Its compressed size in bytes.</param>
/// <param name="ModifiedUtc">Its modification time, which is when its lines were collected.</param>
internal sealed record SpooledFile(string Sink, string Path, SpoolFileName Name, SpooledState State, long FileBytes, DateTimeOffset ModifiedUtc)
{
    /// <summary>Its name, with the suffix of a damaged or refused file.</summary>
    internal string FileName => System.IO.Path.GetFileName(Path);
}
