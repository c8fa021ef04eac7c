namespace NsCollector.Catalogue;

internal static class ContainerMemoryStatFields
{
    internal static Measurement Measurement { get; } = new("container_memory_stat", SamplePart.MemoryStat, null,
        "cgroup.memory_stat = on",
        "Every key of memory.stat under the kernel's own name, in bytes or as a count.",
        [
        ]);
}
