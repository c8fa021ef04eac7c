using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Packages are made once, and making them takes all processors there are.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
