using NsCollector.Sample;

namespace NsCollector.Encode.Prometheus;

/// <summary>Where the readings of a family are in a container's sample.</summary>
internal sealed partial class MetricsPage
{
    private bool WriteTcpDetail(PageFamily family, PageSource source, byte[] labels, ContainerSample sample) =>
        sample.TcpDetail is not { } detail || !detail.TryGet(source.TcpDetail, out long value)
        || WriteValue(family, labels, source, source.Label, value, null, sample.TimestampNs);
}
