namespace NsCollector.Linux.KernelLog;

/// <summary>What reading one record of the kernel's log gave.</summary>
internal enum KernelLogRead
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>A record that is too long or malformed; the next one follows.</summary>
    Skipped,

    /// <summary>There is no newer record.</summary>
    End,

    /// <summary>The kernel has overwritten records that were not read; the oldest one left follows.</summary>
    Overrun,

    /// <summary>The device cannot be read.</summary>
    Failed,
}
