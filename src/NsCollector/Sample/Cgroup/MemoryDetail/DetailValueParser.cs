using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.MemoryDetail;

/// <summary>A file with one number.</summary>
internal sealed class DetailValueParser(Reading target) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices) =>
        reading.Sample.MemoryDetail is { } detail ? SingleValueParser.Parse(text, target, detail.Readings) : 0;
}
