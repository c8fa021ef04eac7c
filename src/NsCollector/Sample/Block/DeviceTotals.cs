using NsCollector.Catalogue;

namespace NsCollector.Sample.Block;

/// <summary>The bytes of a container over all its block devices, each byte once. One object for each <see cref="ContainerSample"/>.</summary>
internal sealed class DeviceTotals
{
    /// <summary>Bytes read; null if no device has a number, or there is no sum (<see cref="IsWhole"/>).</summary>
    public long? ReadBytes { get; internal set; }

    /// <summary>Bytes written; null if no device has a number, or there is no sum (<see cref="IsWhole"/>).</summary>
    public long? WriteBytes { get; internal set; }

    /// <summary>False if devices or numbers of them are missing, or it is not known which devices lie below one: then there is no sum.</summary>
    public bool IsWhole { get; internal set; } = true;

    /// <summary>What one-to-one devices had read and written at the last reading: kept from cycle to cycle.</summary>
    internal (long Read, long Write) Before { get; set; } = (-1, -1);

    /// <summary>The total of a device's reading.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryGet(Reading reading, out long total)
    {
        long? known = reading switch
        {
            Reading.BlkioReadBytes => ReadBytes,
            Reading.BlkioWriteBytes => WriteBytes,
            _ => null,
        };
        total = known ?? 0;
        return known is not null;
    }

    /// <summary>Forgets the totals.</summary>
    internal void Clear()
    {
        ReadBytes = WriteBytes = null;
        IsWhole = true;
    }
}
