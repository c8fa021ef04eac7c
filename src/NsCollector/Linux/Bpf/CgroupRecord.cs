using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Linux.Bpf;

/// <summary>struct nsc_cgroup_record (native/bpf/cgroup_record.h): the numbers of one cgroup, as the kernel has them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CgroupRecord
{
    /// <summary>The length of <see cref="States"/>.</summary>
    internal const int MaxStates = 64;

    /// <summary>The length of <see cref="Events"/>.</summary>
    internal const int MaxEvents = 48;

    /// <summary>The pass that wrote it last.</summary>
    internal ulong Pass;

    /// <summary>What that pass has written.</summary>
    internal RecordParts Filled;

    /// <summary>In pages, as the other page counters.</summary>
    internal ulong MemoryUsage;
    internal ulong MemoryPeak;
    internal ulong MemoryFailcnt;

    /// <summary>Of the cgroup and all above it; <see cref="ulong.MaxValue"/> if not known.</summary>
    internal ulong MemoryLowestLimit;

    /// <summary>Swap on v2, memory and swap together on v1.</summary>
    internal ulong SwapUsage;
    internal ulong SwapPeak;
    internal ulong SwapFailcnt;
    internal ulong KmemUsage;
    internal ulong KmemPeak;
    internal ulong KmemFailcnt;
    internal ulong TcpUsage;
    internal ulong TcpPeak;
    internal ulong TcpFailcnt;
    internal MemoryEventValues MemoryEvents;
    internal long UnderOom;
    internal long PidsCurrent;
    internal long PidsPeak;

    /// <summary>Before Linux 6.11.</summary>
    internal long PidsLimitEvents;

    /// <summary>The limit of this cgroup, or one below.</summary>
    internal long PidsMaxEvents;

    /// <summary>Forks of processes of this cgroup that failed.</summary>
    internal long PidsForkFailEvents;
    internal ulong Periods;
    internal ulong ThrottledPeriods;
    internal ulong ThrottledNs;
    internal ulong Bursts;
    internal ulong BurstNs;
    internal ulong CpuNs;
    internal ulong CpuUserNs;
    internal ulong CpuSystemNs;
    internal ulong PreviousUserNs;
    internal ulong PreviousSystemNs;

    /// <summary>CLOCK_MONOTONIC.</summary>
    internal ulong ReadNs;

    /// <summary>Of cgroup v1, the sums over all processors.</summary>
    internal ulong CpuacctNs;
    internal ulong CpuacctUserNs;
    internal ulong CpuacctSystemNs;

    /// <summary>memcg_vmstats.state.</summary>
    internal StateValues States;

    /// <summary>memcg_vmstats.events.</summary>
    internal EventValues Events;

    /// <summary>By enum memcg_memory_event.</summary>
    [InlineArray(12)]
    internal struct MemoryEventValues
    {
        private long _first;
    }

    /// <summary>States of a memory cgroup.</summary>
    [InlineArray(MaxStates)]
    internal struct StateValues
    {
        private long _first;
    }

    /// <summary>Events of a memory cgroup.</summary>
    [InlineArray(MaxEvents)]
    internal struct EventValues
    {
        private ulong _first;
    }
}
