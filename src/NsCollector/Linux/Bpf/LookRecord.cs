using System.Runtime.InteropServices;

namespace NsCollector.Linux.Bpf;

/// <summary>struct nsc_look (native/bpf/cgroup_record.h): what a look between two samples has read of one cgroup.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LookRecord
{
    /// <summary>The pass that found the cgroup.</summary>
    internal ulong Pass;

    /// <summary>The look that wrote the rest.</summary>
    internal ulong Look;

    /// <summary>What that look has written.</summary>
    internal RecordParts Filled;

    /// <summary>In pages.</summary>
    internal ulong MemoryUsage;
    internal uint Periods;
    internal uint ThrottledPeriods;
    internal ulong CpuacctNs;

    /// <summary>CLOCK_MONOTONIC right before <see cref="CpuacctNs"/> was read.</summary>
    internal ulong FromNs;

    /// <summary>The same right after that.</summary>
    internal ulong ToNs;
}
