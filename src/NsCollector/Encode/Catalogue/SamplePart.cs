namespace NsCollector.Encode.Catalogue;

/// <summary>Where the readings of a measurement lie.</summary>
public enum SamplePart
{
    /// <summary><see cref="Sample.ContainerSample.Scalars"/> and the container's identity.</summary>
    Info,

    /// <summary><see cref="Sample.ContainerSample.Scalars"/>.</summary>
    Scalars,

    /// <summary><see cref="Sample.ContainerSample.Protocols"/>.</summary>
    Protocols,

    /// <summary><see cref="Sample.ContainerSample.Cores"/>.</summary>
    Cores,

    /// <summary><see cref="Sample.ContainerSample.Devices"/>.</summary>
    Devices,

    /// <summary><see cref="Sample.ContainerSample.Pressure"/>.</summary>
    Pressure,

    /// <summary><see cref="Sample.ContainerSample.Hugetlb"/>.</summary>
    Hugetlb,

    /// <summary><see cref="Sample.ContainerSample.Interfaces"/>.</summary>
    Interfaces,

    /// <summary><see cref="Sample.ContainerSample.MemoryStat"/>: the fields are the kernel's own keys.</summary>
    MemoryStat,

    /// <summary><see cref="Sample.End.ExitSample"/>: once, when a container has ended.</summary>
    Exit,

    /// <summary><see cref="Sample.End.OomSample"/>: whenever processes of a container were killed for lack of memory.</summary>
    Oom,

    /// <summary>The agent itself.</summary>
    Agent,

    /// <summary>One sink of the agent.</summary>
    AgentSink,
}
