// The tests share one guest.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
