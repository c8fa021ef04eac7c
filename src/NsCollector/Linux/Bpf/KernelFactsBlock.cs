using System.Runtime.InteropServices;

namespace NsCollector.Linux.Bpf;

/// <summary>The beginning of struct nsc_bpf_facts (native/bpf/cgroup_record.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelFactsBlock
{
    /// <summary>Where it is in struct nsc_bpf_control.</summary>
    internal const int Offset = 128;

    /// <summary>Where the values of <see cref="MemoryItem"/> are in it, each a short.</summary>
    internal const int ItemsOffset = 40;

    /// <summary>1 once the rest is set.</summary>
    internal ulong Known;

    /// <summary><see cref="RecordFields"/>.</summary>
    internal ulong Fields;

    /// <summary>Length of memcg_vmstats.state.</summary>
    internal ulong States;

    /// <summary>Length of memcg_vmstats.events.</summary>
    internal ulong Events;

    /// <summary>Length of mem_cgroup.memory_events.</summary>
    internal ulong MemoryEvents;
}
