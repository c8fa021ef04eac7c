using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.Prometheus;

/// <summary>Where the readings of a family are in a container's sample.</summary>
internal sealed partial class MetricsPage
{
    private static ReadingSet? SetOf(ContainerSample sample, SamplePart part) => part switch
    {
        SamplePart.Info or SamplePart.Scalars => sample.Scalars,
        SamplePart.Protocols => sample.Protocols,
        SamplePart.Connections => sample.Connections,
        SamplePart.Limits => sample.Limits?.Readings,
        SamplePart.MemoryDetail => sample.MemoryDetail?.Readings,
        _ => null,
    };

    private static RowTable? RowsOf(ContainerSample sample, SamplePart part) => part switch
    {
        SamplePart.Cores => sample.Cores,
        SamplePart.Devices => sample.Devices,
        SamplePart.Pressure => sample.Pressure,
        SamplePart.Hugetlb => sample.Hugetlb,
        SamplePart.Filesystems => sample.Filesystems,
        SamplePart.Flows => sample.Flows,
        SamplePart.Netfilter => sample.Netfilter,
        SamplePart.Interfaces => sample.Interfaces,
        SamplePart.Qdiscs => sample.Qdiscs,
        SamplePart.LimitDevices => sample.Limits?.Devices,
        SamplePart.LimitHugetlb => sample.Limits?.Hugetlb,
        SamplePart.MemoryNodes => sample.MemoryDetail?.Nodes,
        SamplePart.MiscResources => sample.MemoryDetail?.Misc,
        _ => null,
    };

    private bool WriteTcpDetail(PageFamily family, PageSource source, byte[] labels, ContainerSample sample) =>
        sample.TcpDetail is not { } detail || !detail.TryGet(source.TcpDetail, out long value)
        || WriteValue(family, labels, source, source.Label, value, null, sample.TimestampNs);
}
