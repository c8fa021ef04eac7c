using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.LineProtocol;

// The measurements that are off by default: container_limits, the only measurement of a container with several strings, and container_memory_detail.
internal sealed partial class LineProtocolEncoder
{
    // The names of four texts, their quotes and commas.
    private const int MaxListFieldBytes = 4 * (LimitSample.MaxListBytes + 32);

    private void WriteDetail(Measurement measurement, ContainerTags tags, ContainerSample sample)
    {
        if (sample.Limits is { WasRead: true } limits)
        {
            if (measurement.Part == SamplePart.Limits) WriteLimitPoint(measurement, tags, limits);
            else if (measurement.Part == SamplePart.LimitDevices) WriteRows(measurement, tags, limits.Devices);
            else if (measurement.Part == SamplePart.LimitHugetlb) WriteRows(measurement, tags, limits.Hugetlb);
        }

        if (sample.MemoryDetail is not { } detail) return;
        if (measurement.Part == SamplePart.MemoryDetail) WriteSet(measurement, tags, default, detail.Readings);
        else if (measurement.Part == SamplePart.MemoryNodes) WriteRows(measurement, tags, detail.Nodes);
        else if (measurement.Part == SamplePart.MiscResources) WriteRows(measurement, tags, detail.Misc);
    }

    private void WriteLimitPoint(Measurement measurement, ContainerTags tags, LimitSample limits)
    {
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.LimitOriginFields.Length + MaxListFieldBytes);
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, default), at = head;
        at += Copy(tags.LimitOriginFields, free[at..]);
        if (_limitTexts.CpusetCpus) at = ListField(free, at, "cpuset_cpus=\""u8, limits.CpusetCpus);
        if (_limitTexts.CpusetMems) at = ListField(free, at, "cpuset_mems=\""u8, limits.CpusetMems);
        if (_limitTexts.CpusetCpusEffective) at = ListField(free, at, "cpuset_cpus_effective=\""u8, limits.CpusetCpusEffective);
        if (_limitTexts.CpusetMemsEffective) at = ListField(free, at, "cpuset_mems_effective=\""u8, limits.CpusetMemsEffective);
        at = Fields(free, at, measurement, limits.Readings.PresentBits, limits.Readings.Values, (int)limits.Readings.First);
        if (at > head) EndSeries(tags, free, head, at);
    }

    /// <summary>Writes a list of digits, commas and dashes, which need no escape.</summary>
    private static int ListField(Span<byte> free, int at, ReadOnlySpan<byte> nameAndQuote, BoundedText list)
    {
        if (list.Bytes.IsEmpty) return at;
        at += Copy(nameAndQuote, free[at..]);
        at += Copy(list.Bytes, free[at..]);
        return at + Copy("\","u8, free[at..]);
    }
}
