using NsCollector.Catalogue;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// /proc/stat (show_stat in fs/proc/stat.c): <c>cpu</c> with the time of all processors in ticks of USER_HZ, a line <c>cpuN</c> for
/// each online processor, and lines of a key and a number.
/// </summary>
internal static class ProcStatParser
{
    private static readonly KernelKeys Keys = KernelKeys.Of("stat", isV2: true);

    /// <param name="text">The file.</param>
    /// <param name="nanosecondsPerTick">The length of a tick.</param>
    /// <param name="into">Receives the figures of all processors together.</param>
    /// <param name="rows">Receives a row for each processor; null for none.</param>
    /// <returns>False if a wanted line is torn or malformed.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, ulong nanosecondsPerTick, ReadingSet into, RowTable? rows = null)
    {
        bool understood = true;
        int processors = 0, next = 0;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole))
        {
            ReadOnlySpan<byte> key = TextNumber.Word(ref line);
            if (key.SequenceEqual("cpu"u8)) understood &= whole && TryTimes(line, nanosecondsPerTick, into);
            else if (key.StartsWith("cpu"u8))
            {
                processors++;
                if (rows is not null) understood &= whole && TryTimes(line, nanosecondsPerTick, rows.Add(key["cpu"u8.Length..]).Readings);
            }
            else if (Keys.Find(key, ref next) is >= 0 and int index) understood &= whole && TryNumber(line, Keys[index].Reading, into);
        }

        if (processors > 0) into.Set(Reading.HostCpuCount, processors);
        return understood && processors > 0;
    }

    private static bool TryTimes(ReadOnlySpan<byte> line, ulong nanosecondsPerTick, ReadingSet into)
    {
        // Kernels since 2.6.33 have all of them.
        for (Reading reading = Reading.HostCpuUserNs; reading <= Reading.HostCpuGuestNiceNs; reading++)
        {
            if (!TextNumber.TryUnsigned(ref line, out ulong ticks)) return false;
            into.SetUnsigned(reading, ticks > ulong.MaxValue / nanosecondsPerTick ? ulong.MaxValue : ticks * nanosecondsPerTick);
        }

        return true;
    }

    // The line of interrupts has the sum first, then a number for each interrupt.
    private static bool TryNumber(ReadOnlySpan<byte> line, Reading reading, ReadingSet into)
    {
        if (!TextNumber.TryUnsigned(ref line, out ulong value)) return false;
        into.SetUnsigned(reading, value);
        return true;
    }
}
