using System.Collections.Immutable;

namespace NsCollector.Sample.Hardware;

/// <summary>A memory node: /sys/devices/system/node/nodeN.</summary>
/// <param name="Id">Its number.</param>
/// <param name="MemoryBytes">Its memory; null if the kernel does not say.</param>
/// <param name="HugePages">Its huge pages, by size.</param>
/// <param name="Cores">Its physical cores.</param>
/// <param name="Caches">The caches that all its processors share.</param>
/// <param name="Distances">Distances to all nodes; 10 is the node itself.</param>
internal sealed record HardwareNode(
    int Id, long? MemoryBytes, ImmutableArray<HugePagePool> HugePages, ImmutableArray<HardwareCore> Cores, ImmutableArray<HardwareCache> Caches, ImmutableArray<long> Distances);
