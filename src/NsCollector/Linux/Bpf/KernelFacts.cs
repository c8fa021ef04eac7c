using System.Collections.Immutable;

namespace NsCollector.Linux.Bpf;

/// <summary>What the running kernel has, by its BTF. Decides what can be read; the kernel's version decides nothing.</summary>
/// <param name="Fields">Which members there are.</param>
/// <param name="States">Length of memcg_vmstats.state.</param>
/// <param name="Events">Length of memcg_vmstats.events.</param>
/// <param name="MemoryEvents">Length of mem_cgroup.memory_events.</param>
/// <param name="Items">By <see cref="MemoryItem"/>: the value of the enumerator; -1 if the kernel does not have it.</param>
internal sealed record KernelFacts(RecordFields Fields, int States, int Events, int MemoryEvents, ImmutableArray<short> Items);
