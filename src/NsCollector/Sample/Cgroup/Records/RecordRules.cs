using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Bpf;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>The rules: which file a record can replace on this kernel.</summary>
internal static class RecordRules
{
    /// <summary>What replaces a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="facts">What the kernel has.</param>
    /// <param name="layout">Where the numbers of memory.stat are; null if that is not known.</param>
    /// <param name="options">A text that must be kept cannot be replaced.</param>
    /// <returns><see cref="RecordSource.None"/> if the file must be read.</returns>
    internal static RecordSource SourceOf(CgroupFile file, KernelFacts facts, MemoryStatLayout? layout, SampleOptions options)
    {
        // Payloads are cgroups of their own, and measurements that are off by default parse the text.
        if (file.IsSlow || file.IsPayload || file.Extras.Length > 0) return RecordSource.None;
        RecordFields has = facts.Fields;
        bool hasMemory = has.HasFlag(RecordFields.Memory);
        bool hasEvents = has.HasFlag(RecordFields.MemoryEvents) && facts.MemoryEvents > (int)MemoryEvent.OomKill;
        bool hasCpuacct = has.HasFlag(RecordFields.Cpuacct);
        bool hasPidsEvents = has.HasFlag(RecordFields.PidsEvents) || has.HasFlag(RecordFields.PidsLimitEvents);
        return Encoding.ASCII.GetString(file.NameWithNul.AsSpan(..^1)) switch
        {
            "memory.usage_in_bytes" or "memory.current" when hasMemory => RecordSource.MemoryUsage,
            "memory.max_usage_in_bytes" or "memory.peak" when hasMemory => RecordSource.MemoryPeak,
            "memory.failcnt" when hasMemory && has.HasFlag(RecordFields.MemoryFailcnt) => RecordSource.MemoryFailcnt,
            "memory.kmem.usage_in_bytes" when has.HasFlag(RecordFields.Kmem) => RecordSource.KmemUsage,
            "memory.kmem.tcp.usage_in_bytes" when has.HasFlag(RecordFields.Tcp) => RecordSource.TcpUsage,
            "memory.swap.current" when has.HasFlag(RecordFields.Swap) => RecordSource.SwapUsage,
            "memory.oom_control" when hasEvents => RecordSource.OomControl,
            "memory.events" when hasEvents => RecordSource.MemoryEvents,
            "memory.stat" when layout is not null && !options.MemoryStat && !options.Telegraf => RecordSource.MemoryStat,
            "pids.current" when has.HasFlag(RecordFields.Pids) => RecordSource.PidsCurrent,
            "pids.peak" when has.HasFlag(RecordFields.PidsPeak) => RecordSource.PidsPeak,
            "pids.events" when hasPidsEvents => RecordSource.PidsEvents,
            "cpu.stat" when !file.IsV2 && has.HasFlag(RecordFields.Bandwidth | RecordFields.Burst) => RecordSource.CpuStat,
            "cpuacct.usage" when hasCpuacct => RecordSource.CpuacctUsage,
            "cpuacct.usage_user" when hasCpuacct => RecordSource.CpuacctUser,
            "cpuacct.usage_sys" when hasCpuacct => RecordSource.CpuacctSystem,
            "cpuacct.usage_all" when hasCpuacct => RecordSource.CpuacctAll,
            _ => RecordSource.None,
        };
    }

    /// <summary>The part of a record that a source needs.</summary>
    internal static RecordParts PartOf(RecordSource source) => source switch
    {
        RecordSource.None => RecordParts.None,
        RecordSource.MemoryStat => RecordParts.MemoryStat | RecordParts.Memory,
        RecordSource.PidsCurrent or RecordSource.PidsPeak or RecordSource.PidsEvents => RecordParts.Pids,
        RecordSource.CpuStat => RecordParts.Bandwidth,
        RecordSource.CpuacctUsage or RecordSource.CpuacctUser or RecordSource.CpuacctSystem or RecordSource.CpuacctAll => RecordParts.Cpuacct,
        _ => RecordParts.Memory,
    };

    /// <summary>The part that looks between two samples take from a record instead of from a file (<see cref="SampleOptions.Peaks"/>).</summary>
    internal static RecordParts LookPartOf(RecordSource source) => source switch
    {
        RecordSource.MemoryUsage => RecordParts.Memory,
        RecordSource.CpuStat => RecordParts.Bandwidth,
        RecordSource.CpuacctUsage => RecordParts.Cpuacct,
        _ => RecordParts.None,
    };

    /// <summary>The items whose sum is a reading of memory.stat, and the factor of the sum: bytes for pages, 1 for counts.</summary>
    /// <returns>No item: the record has no such number.</returns>
    internal static (MemoryItem[] Items, bool IsPages) ItemsOf(Reading reading) => reading switch
    {
        Reading.MemoryAnonBytes => ([MemoryItem.Anon], true),
        Reading.MemoryFileBytes => ([MemoryItem.File], true),
        Reading.MemoryShmemBytes => ([MemoryItem.Shmem], true),
        Reading.MemoryMappedFileBytes => ([MemoryItem.FileMapped], true),
        Reading.MemorySwapBytes => ([MemoryItem.Swap], true),
        Reading.MemoryKernelBytes => ([MemoryItem.Kmem], true),
        Reading.MemoryKernelTcpBytes => ([MemoryItem.Sock], true),
        Reading.MemoryActiveAnonBytes => ([MemoryItem.ActiveAnon], true),
        Reading.MemoryInactiveAnonBytes => ([MemoryItem.InactiveAnon], true),
        Reading.MemoryActiveFileBytes => ([MemoryItem.ActiveFile], true),
        Reading.MemoryInactiveFileBytes => ([MemoryItem.InactiveFile], true),
        Reading.MemoryUnevictableBytes => ([MemoryItem.Unevictable], true),
        Reading.MemoryDirtyBytes => ([MemoryItem.FileDirty], true),
        Reading.MemoryWritebackBytes => ([MemoryItem.Writeback], true),
        Reading.MemoryWorkingsetRefaultAnon => ([MemoryItem.RefaultAnon], false),
        Reading.MemoryWorkingsetRefaultFile => ([MemoryItem.RefaultFile], false),
        Reading.MemoryPgfault => ([MemoryItem.Fault], false),
        Reading.MemoryPgmajfault => ([MemoryItem.MajorFault], false),
        Reading.MemoryPgscan => ([MemoryItem.ScanKswapd, MemoryItem.ScanDirect, MemoryItem.ScanProactive, MemoryItem.ScanKhugepaged], false),
        Reading.MemoryPgsteal => ([MemoryItem.StealKswapd, MemoryItem.StealDirect, MemoryItem.StealProactive, MemoryItem.StealKhugepaged], false),
        _ => ([], false),
    };
}
