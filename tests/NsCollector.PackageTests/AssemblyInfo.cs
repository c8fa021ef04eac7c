// Packages are built once, and building uses all processors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
