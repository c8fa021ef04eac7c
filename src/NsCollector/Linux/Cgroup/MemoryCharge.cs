namespace NsCollector.Linux.Cgroup;

/// <summary>What the kernel charges to one memory cgroup. A number that the kernel does not give is null.</summary>
/// <param name="UsageBytes">memory.current, on v1 memory.usage_in_bytes: everything, page cache included.</param>
/// <param name="KernelBytes">The part of it that is memory of the kernel: <c>kernel</c> of memory.stat (since 5.18), on v1 memory.kmem.usage_in_bytes.</param>
/// <param name="ReclaimableBytes">
/// The part of it that the kernel can take back: the LRU lists of files, and on v2 slab_reclaimable. On v1 no file gives the
/// latter.
/// </param>
internal readonly record struct MemoryCharge(long? UsageBytes, long? KernelBytes, long ReclaimableBytes);
