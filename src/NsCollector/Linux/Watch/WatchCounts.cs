namespace NsCollector.Linux.Watch;

/// <summary>The counts of the watch; the first three only grow.</summary>
/// <param name="TextsDropped">Records without texts, because the ring was full.</param>
/// <param name="RecordsLost">Lost records: an earlier life's, when the exit of a later life also waited for space in the ring.</param>
/// <param name="OomUnarmed">Containers whose OOM kills are only seen at their exit.</param>
/// <param name="Containers">Watched containers.</param>
/// <param name="NamespaceDescriptors">Open descriptors of network namespaces: 0 except during a visit.</param>
/// <param name="Pending">Containers with a record that waits for space in the ring.</param>
/// <param name="Descriptors">Descriptors held for containers.</param>
internal readonly record struct WatchCounts(
    long TextsDropped, long RecordsLost, long OomUnarmed, int Containers, int NamespaceDescriptors, int Pending, int Descriptors);
