namespace NsCollector.Linux.Watch;

/// <summary>What the watch counts; the first three grow only.</summary>
/// <param name="TextsDropped">Records whose texts found no room.</param>
/// <param name="RecordsLost">Records of which nothing is told: of a life that ended while the end of a later one waited for room too.</param>
/// <param name="OomUnarmed">Containers of which the kernel tells lack of memory at their end only.</param>
/// <param name="Containers">That are watched.</param>
/// <param name="NamespaceDescriptors">Descriptors of network namespaces that are open: none but in the instant of a visit.</param>
/// <param name="Untold">Containers of which something waits for room.</param>
/// <param name="Descriptors">Descriptors that are held for containers.</param>
internal readonly record struct WatchCounts(
    long TextsDropped, long RecordsLost, long OomUnarmed, int Containers, int NamespaceDescriptors, int Untold, int Descriptors);
