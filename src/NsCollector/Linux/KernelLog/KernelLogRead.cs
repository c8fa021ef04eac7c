namespace NsCollector.Linux.KernelLog;

/// <summary>The result of reading one record of the kernel's log.</summary>
internal enum KernelLogRead
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>A record that is too long or malformed; the next read returns the one after it.</summary>
    Skipped,

    /// <summary>There is no newer record.</summary>
    End,

    /// <summary>The kernel has overwritten records before they were read; the next read returns the oldest remaining one.</summary>
    Overrun,

    /// <summary>The device cannot be read.</summary>
    Failed,
}
