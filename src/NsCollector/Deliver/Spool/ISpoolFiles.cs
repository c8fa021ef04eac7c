namespace NsCollector.Deliver.Spool;

/// <summary>The spool files of one sink on disk. A call blocks as long as the disk hangs. Errors are values (-errno).</summary>
internal interface ISpoolFiles
{
    /// <summary>Their directory.</summary>
    string Path { get; }

    /// <inheritdoc cref="SpoolDirectory.Open"/>
    int Open();

    /// <inheritdoc cref="SpoolDirectory.TryScan"/>
    bool TryScan(out List<SpoolFile> files);

    /// <inheritdoc cref="SpoolDirectory.LastSequence"/>
    long LastSequence();

    /// <inheritdoc cref="SpoolDirectory.Write"/>
    int Write(SpoolFileName name, ReadOnlySpan<byte> bytes);

    /// <inheritdoc cref="SpoolDirectory.SyncAll"/>
    int SyncAll();

    /// <inheritdoc cref="SpoolDirectory.Read"/>
    SpoolReadResult Read(SpoolFileName name, ref byte[] buffer, out int length, out int error);

    /// <inheritdoc cref="SpoolDirectory.Remove"/>
    int Remove(SpoolFileName name);

    /// <inheritdoc cref="SpoolDirectory.SetAside"/>
    int SetAside(SpoolFileName name, string suffix, int keep, out string path);
}
