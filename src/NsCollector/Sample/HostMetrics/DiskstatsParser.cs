using NsCollector.Catalogue;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// /proc/diskstats (diskstats_show in block/genhd.c; Documentation/admin-guide/iostats.rst): a line for each disk and partition,
/// <c>MAJOR MINOR NAME</c> and 11 numbers, with discards (since 4.18) 15 and with flushes (since 5.5) 17. Times are in
/// milliseconds, sectors have 512 bytes whatever the disk says.
/// </summary>
internal static class DiskstatsParser
{
    private const ulong SectorBytes = 512;
    private const ulong MillisecondNs = 1_000_000;

    /// <summary>What the numbers count, in the order of the file.</summary>
    private static readonly (Reading Reading, ulong Factor)[] Columns =
    [
        (Reading.HostDiskReadOps, 1), (Reading.HostDiskReadMerged, 1), (Reading.HostDiskReadBytes, SectorBytes), (Reading.HostDiskReadNs, MillisecondNs),
        (Reading.HostDiskWriteOps, 1), (Reading.HostDiskWriteMerged, 1), (Reading.HostDiskWriteBytes, SectorBytes), (Reading.HostDiskWriteNs, MillisecondNs),
        (Reading.HostDiskInFlight, 1), (Reading.HostDiskIoNs, MillisecondNs), (Reading.HostDiskWeightedIoNs, MillisecondNs),
        (Reading.HostDiskDiscardOps, 1), (Reading.HostDiskDiscardMerged, 1), (Reading.HostDiskDiscardBytes, SectorBytes), (Reading.HostDiskDiscardNs, MillisecondNs),
        (Reading.HostDiskFlushOps, 1), (Reading.HostDiskFlushNs, MillisecondNs),
    ];

    // Without discards and flushes.
    private const int MinColumns = 11;

    /// <summary>Adds a row for each disk that has a medium and has done anything.</summary>
    /// <param name="text">The file.</param>
    /// <param name="partitions">Which devices are partitions: their I/O is also that of their disk.</param>
    /// <param name="into">Receives the rows; not cleared.</param>
    /// <param name="maxDisks">Maximum number of rows.</param>
    /// <param name="overLimit">How many disks were left out because of it.</param>
    /// <returns>False if a line is torn or malformed; the others are added.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, Partitions partitions, RowTable into, int maxDisks, out int overLimit)
    {
        bool understood = true;
        overLimit = 0;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole))
        {
            if (!whole || !TextNumber.TryUnsigned(ref line, out ulong major) || !TextNumber.TryUnsigned(ref line, out ulong minor)
                || major > uint.MaxValue || minor > uint.MaxValue || TextNumber.Word(ref line) is not { IsEmpty: false } name)
            {
                understood = false;
                continue;
            }

            // Loop devices that nobody uses, RAM disks, drives without a medium.
            ulong number = (major << 32) | minor;
            if (line.IndexOfAnyExcept((byte)' ', (byte)'0') < 0 || partitions.Contains(number, name) || partitions.IsWithoutMedium(number)) continue;
            if (into.Count >= maxDisks) overLimit++;
            else understood &= TryNumbers(line, into.Add(name).Readings);
        }

        return understood;
    }

    private static bool TryNumbers(ReadOnlySpan<byte> line, ReadingSet into)
    {
        for (int i = 0; i < Columns.Length; i++)
        {
            if (line.TrimStart((byte)' ').IsEmpty) return i >= MinColumns;
            if (!TextNumber.TryUnsigned(ref line, out ulong value)) return false;
            (Reading reading, ulong factor) = Columns[i];
            into.SetUnsigned(reading, value > ulong.MaxValue / factor ? ulong.MaxValue : value * factor);
        }

        return true;
    }
}
