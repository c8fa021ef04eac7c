using NsCollector.Deliver.Spool;

namespace NsCollector.Host.Inventory;

/// <summary>One file in the spool.</summary>
/// <param name="Sink">The NAME of the sink it belongs to: the directory it lies in.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Name">What its name tells.</param>
/// <param name="State">What it is there for.</param>
/// <param name="FileBytes">Its size, compressed.</param>
/// <param name="ModifiedUtc">When it was written, by the file system: when its lines were collected.</param>
internal sealed record SpooledFile(string Sink, string Path, SpoolFileName Name, SpooledState State, long FileBytes, DateTimeOffset ModifiedUtc)
{
    /// <summary>Its name in the directory, with what was added when it was set aside.</summary>
    internal string FileName => System.IO.Path.GetFileName(Path);
}
