// The tests share one kernel, one Docker daemon and one pair of hands.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
