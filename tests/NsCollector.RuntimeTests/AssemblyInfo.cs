// The tests share one kernel and one Docker daemon, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
