using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses cpu.stat. On v1 it has the bandwidth controller's counters with times in nanoseconds; on v2 usage too, and all
/// times in microseconds (kernel/sched/core.c, cpu_cfs_stat_show and cpu_extra_stat_show).
/// </summary>
internal static class CpuStatParser
{
    private static readonly FlatKeyedParser[] Parsers = [For(false, false), For(true, false), For(false, true), For(true, true)];

    /// <param name="text">The file.</param>
    /// <param name="usage">Whether to parse the keys that only v2 has: not if cpuacct of v1 has them exactly.</param>
    /// <param name="bandwidth">Whether to parse the bandwidth keys: not if cpu of v1 has them.</param>
    /// <param name="into">Receives the readings.</param>
    /// <returns>How many lines were malformed.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, bool usage, bool bandwidth, ReadingSet into) =>
        Parsers[(usage ? 1 : 0) + (bandwidth ? 2 : 0)].Parse(text, into);

    // The bandwidth controller's keys: v1 has them too, in another unit.
    private static FlatKeyedParser For(bool usage, bool bandwidth)
    {
        KernelKeys v1 = KernelKeys.Of("cpu.stat", isV2: false), v2 = KernelKeys.Of("cpu.stat", isV2: true);
        return new FlatKeyedParser(v2.Where(reading => v1.Has(reading) ? bandwidth : usage).And(v1.Where(_ => bandwidth)));
    }
}
