using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses cpu.stat. On v1 it has the bandwidth controller's counters with times in nanoseconds; on v2 usage too, and all
/// times in microseconds (kernel/sched/core.c, cpu_cfs_stat_show and cpu_extra_stat_show).
/// </summary>
internal static class CpuStatParser
{
    /// <param name="text">The file.</param>
    /// <param name="usage">Whether the usage keys are wanted: not where cpuacct of v1 has them exactly.</param>
    /// <param name="bandwidth">Whether the bandwidth keys are wanted: not where cpu of v1 has them.</param>
    /// <param name="into">Receives the readings.</param>
    /// <returns>How many lines were not understood.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, bool usage, bool bandwidth, ReadingSet into)
    {
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            // The key's length tells nearly all of them apart.
            switch (key.Length)
            {
                case 10 when key.SequenceEqual("usage_usec"u8):
                    if (usage) SetMicroseconds(into, Reading.CpuUsageNs, value);
                    break;
                case 9 when key.SequenceEqual("user_usec"u8):
                    if (usage) SetMicroseconds(into, Reading.CpuUserNs, value);
                    break;
                case 11 when key.SequenceEqual("system_usec"u8):
                    if (usage) SetMicroseconds(into, Reading.CpuSystemNs, value);
                    break;
                case 10 when key.SequenceEqual("nr_periods"u8):
                    if (bandwidth) into.SetUnsigned(Reading.CpuNrPeriods, value);
                    break;
                case 12 when key.SequenceEqual("nr_throttled"u8):
                    if (bandwidth) into.SetUnsigned(Reading.CpuNrThrottled, value);
                    break;
                case 14 when key.SequenceEqual("throttled_time"u8):
                    if (bandwidth) into.SetUnsigned(Reading.CpuThrottledNs, value);
                    break;
                case 14 when key.SequenceEqual("throttled_usec"u8):
                    if (bandwidth) SetMicroseconds(into, Reading.CpuThrottledNs, value);
                    break;
                case 9 when key.SequenceEqual("nr_bursts"u8):
                    if (bandwidth) into.SetUnsigned(Reading.CpuNrBursts, value);
                    break;
                case 10 when key.SequenceEqual("burst_time"u8):
                    if (bandwidth) into.SetUnsigned(Reading.CpuBurstNs, value);
                    break;
                case 10 when key.SequenceEqual("burst_usec"u8):
                    if (bandwidth) SetMicroseconds(into, Reading.CpuBurstNs, value);
                    break;
            }
        }

        return lines.Malformed;
    }

    private static void SetMicroseconds(ReadingSet into, Reading reading, ulong microseconds) =>
        into.Set(reading, microseconds > long.MaxValue / 1000 ? long.MaxValue : (long)microseconds * 1000);
}
