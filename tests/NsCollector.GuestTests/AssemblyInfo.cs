// The tests share one guest, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
