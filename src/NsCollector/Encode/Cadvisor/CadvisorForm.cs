namespace NsCollector.Encode.Cadvisor;

/// <summary>The forms of <c>stats</c> that the versions of cAdvisor's API have.</summary>
internal enum CadvisorForm
{
    /// <summary>v1: ContainerStats of info/v1.</summary>
    V1,

    /// <summary>v2.0: DeprecatedContainerStats of info/v2.</summary>
    V2Point0,

    /// <summary>v2.1: ContainerStats of info/v2.</summary>
    V2Point1,

    /// <summary>v2.1 machinestats: MachineStats of info/v2.</summary>
    Machine,
}
