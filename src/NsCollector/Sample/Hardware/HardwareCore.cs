using System.Collections.Immutable;

namespace NsCollector.Sample.Hardware;

/// <summary>A physical core.</summary>
/// <param name="Id">Its number in its socket (topology/core_id).</param>
/// <param name="Socket">Its socket (topology/physical_package_id).</param>
/// <param name="Threads">The numbers of its processors.</param>
/// <param name="Caches">The caches that no other core uses.</param>
/// <param name="SharedCaches">The caches that some other cores of the node use.</param>
internal sealed record HardwareCore(long Id, long Socket, ImmutableArray<int> Threads, ImmutableArray<HardwareCache> Caches, ImmutableArray<HardwareCache> SharedCaches);
