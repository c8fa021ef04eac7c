using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <content>The readings of each part.</content>
internal sealed partial class ContainerSample
{
    /// <summary>The readings of a part; null if it has rows, or was never read. Those of limits may be older than the sample.</summary>
    internal ReadingSet? SetOf(SamplePart part) => part switch
    {
        SamplePart.Info or SamplePart.Scalars => Scalars,
        SamplePart.Protocols => Protocols,
        SamplePart.Connections => Connections,
        SamplePart.Limits => Limits?.Readings,
        SamplePart.MemoryDetail => MemoryDetail?.Readings,
        _ => null,
    };

    /// <summary>The rows of a part; null if it has none, or was never read. Those of limits may be older than the sample.</summary>
    internal RowTable? RowsOf(SamplePart part) => part switch
    {
        SamplePart.Cores => Cores,
        SamplePart.Devices => Devices,
        SamplePart.Pressure => Pressure,
        SamplePart.Hugetlb => Hugetlb,
        SamplePart.Filesystems => Filesystems,
        SamplePart.Flows => Flows,
        SamplePart.Netfilter => Netfilter,
        SamplePart.Interfaces => Interfaces,
        SamplePart.Qdiscs => Qdiscs,
        SamplePart.LimitDevices => Limits?.Devices,
        SamplePart.LimitHugetlb => Limits?.Hugetlb,
        SamplePart.MemoryNodes => MemoryDetail?.Nodes,
        SamplePart.MiscResources => MemoryDetail?.Misc,
        _ => null,
    };
}
