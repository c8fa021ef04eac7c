namespace NsCollector.Catalogue;

/// <summary>Which part of a sample holds the readings of a measurement.</summary>
internal enum SamplePart
{
    /// <summary><c>ContainerSample.Scalars</c> and the container's identity.</summary>
    Info,

    /// <summary><c>ContainerSample.Scalars</c>.</summary>
    Scalars,

    /// <summary><c>ContainerSample.Protocols</c>.</summary>
    Protocols,

    /// <summary><c>ContainerSample.Connections</c>.</summary>
    Connections,

    /// <summary><c>ContainerSample.Netfilter</c>.</summary>
    Netfilter,

    /// <summary><c>ContainerSample.Cores</c>.</summary>
    Cores,

    /// <summary><c>ContainerSample.Devices</c>.</summary>
    Devices,

    /// <summary><c>ContainerSample.Pressure</c>.</summary>
    Pressure,

    /// <summary><c>ContainerSample.Hugetlb</c>.</summary>
    Hugetlb,

    /// <summary><c>LimitSample.Readings</c> and its texts.</summary>
    Limits,

    /// <summary><c>LimitSample.Devices</c>.</summary>
    LimitDevices,

    /// <summary><c>LimitSample.Hugetlb</c>.</summary>
    LimitHugetlb,

    /// <summary><c>MemoryDetailSample.Readings</c>.</summary>
    MemoryDetail,

    /// <summary><c>MemoryDetailSample.Nodes</c>.</summary>
    MemoryNodes,

    /// <summary><c>MemoryDetailSample.Misc</c>.</summary>
    MiscResources,

    /// <summary><c>ContainerSample.Interfaces</c>.</summary>
    Interfaces,

    /// <summary><c>ContainerSample.Qdiscs</c>.</summary>
    Qdiscs,

    /// <summary><c>ContainerSample.MemoryStat</c>: the fields are the kernel's own keys.</summary>
    MemoryStat,

    /// <summary><c>ContainerSample.Filesystems</c>.</summary>
    Filesystems,

    /// <summary><c>ContainerSample.Flows</c>.</summary>
    Flows,

    /// <summary><c>ExitSample</c>: once, when a container has ended.</summary>
    Exit,

    /// <summary><c>StartSample</c>: once, when it is known how a container started.</summary>
    Start,

    /// <summary><c>OomSample</c>: after each OOM kill.</summary>
    Oom,

    /// <summary><c>HostSample.Cpu</c>.</summary>
    HostCpu,

    /// <summary><c>HostSample.Processors</c>.</summary>
    HostProcessors,

    /// <summary><c>HostSample.Memory</c>.</summary>
    HostMemory,

    /// <summary><c>HostSample.Load</c>.</summary>
    HostLoad,

    /// <summary><c>HostSample.Vmstat</c>.</summary>
    HostVmstat,

    /// <summary><c>HostSample.Pressure</c>.</summary>
    HostPressure,

    /// <summary><c>HostSample.Disks</c>.</summary>
    HostDisks,

    /// <summary><c>HostSample.Filesystems</c>.</summary>
    HostFilesystems,

    /// <summary><c>HostSample.Interfaces</c>.</summary>
    HostInterfaces,

    /// <summary><c>HostSample.Conntrack</c>.</summary>
    HostConntrack,

    /// <summary><c>HostSample.Netfilter</c>.</summary>
    HostNetfilter,

    /// <summary><c>HostSample.ContainerStates</c>.</summary>
    ContainerStates,

    /// <summary>The agent itself.</summary>
    Agent,

    /// <summary>One sink of the agent.</summary>
    AgentSink,
}
