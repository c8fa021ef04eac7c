namespace NsCollector.Sample.Cgroup;

/// <summary>What the numbers of a v1 blkio file count.</summary>
internal enum BlkioFileKind
{
    /// <summary>io_service_bytes: bytes by direction.</summary>
    Bytes,

    /// <summary>io_serviced: requests by direction.</summary>
    Ops,

    /// <summary>sectors: a number a device.</summary>
    Sectors,

    /// <summary>io_queued: requests waiting, of which the total of a device is taken.</summary>
    Queued,
}
