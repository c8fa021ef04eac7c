namespace NsCollector.Sample;

/// <summary>What a cycle read, and what it cost.</summary>
/// <param name="TimestampNs">When it began: nanoseconds since the epoch.</param>
/// <param name="Containers">How many containers were read.</param>
/// <param name="NetworkNamespaces">How many network namespaces were read.</param>
/// <param name="CycleNs">Duration so far; of a cycle that is spread over the interval, that of its parts.</param>
/// <param name="CycleCpuNs">CPU time of all threads that sample so far.</param>
/// <param name="Threads">How many threads sampled.</param>
/// <param name="HeldFiles">How many cgroup files are held open.</param>
/// <param name="NamespaceDescriptors">How many descriptors of containers' network namespaces are open now: must be 0.</param>
internal readonly record struct CycleReport(
    long TimestampNs,
    int Containers,
    int NetworkNamespaces,
    long CycleNs,
    long CycleCpuNs,
    int Threads,
    int HeldFiles,
    int NamespaceDescriptors);
