using NsCollector.Catalogue;

namespace NsCollector.Sample.HostMetrics;

/// <summary>All readings of the host in one cycle. Reused each cycle, on the sampling thread.</summary>
internal sealed class HostSample
{
    /// <summary>When the host was read: nanoseconds since the epoch, on the realtime clock.</summary>
    public long TimestampNs { get; set; }

    /// <summary>Time since the host's start (CLOCK_BOOTTIME), in nanoseconds; 0 if the host was not read.</summary>
    public long UptimeNs { get; set; }

    /// <summary>host_cpu.</summary>
    public ReadingSet Cpu { get; } = ReadingSet.Of(SamplePart.HostCpu);

    /// <summary>A row for each processor that is online, if <see cref="HostOptions.CpuCores"/> is set; the key is its number.</summary>
    public RowTable Processors { get; } = RowTable.Of(SamplePart.HostProcessors);

    /// <summary>host_memory.</summary>
    public ReadingSet Memory { get; } = ReadingSet.Of(SamplePart.HostMemory);

    /// <summary>host_load.</summary>
    public ReadingSet Load { get; } = ReadingSet.Of(SamplePart.HostLoad);

    /// <summary>host_vmstat.</summary>
    public ReadingSet Vmstat { get; } = ReadingSet.Of(SamplePart.HostVmstat);

    /// <summary>host_conntrack.</summary>
    public ReadingSet Conntrack { get; } = ReadingSet.Of(SamplePart.HostConntrack);

    /// <summary>A row for each resource (<c>cpu</c>, <c>memory</c>, <c>io</c>, <c>irq</c>).</summary>
    public RowTable Pressure { get; } = RowTable.Of(SamplePart.HostPressure);

    /// <summary>A row for each disk; the key is the kernel's name.</summary>
    public RowTable Disks { get; } = RowTable.Of(SamplePart.HostDisks);

    /// <summary>A row for each file system; the key is its mount point.</summary>
    public RowTable Filesystems { get; } = RowTable.Of(SamplePart.HostFilesystems);

    /// <summary>A row for each interface; the key is its name.</summary>
    public RowTable Interfaces { get; } = RowTable.Of(SamplePart.HostInterfaces);

    /// <summary>A row for each runtime and state of containers; the keys are the names of both.</summary>
    public RowTable ContainerStates { get; } = RowTable.Of(SamplePart.ContainerStates);

    /// <summary>netfilter: a row for each name in each chain.</summary>
    public RowTable Netfilter { get; } = RowTable.Of(SamplePart.HostNetfilter);

    /// <summary>Whether <see cref="Netfilter"/> was read for this sample, which then has nothing else.</summary>
    public bool IsOfNetfilter { get; init; }

    /// <summary>How many readings were left out because the kernel's number cannot be.</summary>
    internal int ImpossibleCount =>
        Cpu.ImpossibleCount + Memory.ImpossibleCount + Load.ImpossibleCount + Vmstat.ImpossibleCount + Conntrack.ImpossibleCount
        + Processors.ImpossibleCount + Pressure.ImpossibleCount + Disks.ImpossibleCount + Filesystems.ImpossibleCount + Interfaces.ImpossibleCount
        + Netfilter.ImpossibleCount;

    /// <summary>The readings of a measurement that has one point; null if it has rows or is not of the host.</summary>
    internal ReadingSet? SetOf(SamplePart part) => part switch
    {
        SamplePart.HostCpu => Cpu,
        SamplePart.HostMemory => Memory,
        SamplePart.HostLoad => Load,
        SamplePart.HostVmstat => Vmstat,
        SamplePart.HostConntrack => Conntrack,
        _ => null,
    };

    /// <summary>The rows of a measurement; null if it has none or is not of the host.</summary>
    internal RowTable? RowsOf(SamplePart part) => part switch
    {
        SamplePart.HostProcessors => Processors,
        SamplePart.HostPressure => Pressure,
        SamplePart.HostDisks => Disks,
        SamplePart.HostFilesystems => Filesystems,
        SamplePart.HostInterfaces => Interfaces,
        SamplePart.HostNetfilter => Netfilter,
        SamplePart.ContainerStates => ContainerStates,
        _ => null,
    };

    /// <summary>Copies the parts that another sample has: the counts of containers by state, those of netfilter, or the readings of the host. A sample may have only one of them.</summary>
    internal void Merge(HostSample other)
    {
        if (other.IsOfNetfilter) Netfilter.CopyFrom(other.Netfilter);
        if (other.ContainerStates.Count > 0) ContainerStates.CopyFrom(other.ContainerStates);
        if (!other.Cpu.IsEmpty || !other.Memory.IsEmpty || !other.Load.IsEmpty) CopyHostFrom(other);
    }

    /// <summary>Makes it equal to another sample.</summary>
    internal void CopyFrom(HostSample other)
    {
        CopyHostFrom(other);
        Netfilter.CopyFrom(other.Netfilter);
        ContainerStates.CopyFrom(other.ContainerStates);
    }

    private void CopyHostFrom(HostSample other)
    {
        TimestampNs = other.TimestampNs;
        UptimeNs = other.UptimeNs;
        Cpu.CopyFrom(other.Cpu);
        Processors.CopyFrom(other.Processors);
        Memory.CopyFrom(other.Memory);
        Load.CopyFrom(other.Load);
        Vmstat.CopyFrom(other.Vmstat);
        Conntrack.CopyFrom(other.Conntrack);
        Pressure.CopyFrom(other.Pressure);
        Disks.CopyFrom(other.Disks);
        Filesystems.CopyFrom(other.Filesystems);
        Interfaces.CopyFrom(other.Interfaces);
    }

    /// <summary>Removes all readings but keeps the memory.</summary>
    internal void Clear()
    {
        UptimeNs = 0;
        Cpu.Clear();
        Processors.Clear();
        Memory.Clear();
        Load.Clear();
        Vmstat.Clear();
        Conntrack.Clear();
        Pressure.Clear();
        Disks.Clear();
        Filesystems.Clear();
        Interfaces.Clear();
        Netfilter.Clear();
        ContainerStates.Clear();
    }
}
