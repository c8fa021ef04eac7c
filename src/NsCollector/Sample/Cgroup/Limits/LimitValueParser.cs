using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>A file with one limit. <c>max</c>, a negative number and <see cref="CgroupFile.UnlimitedFrom"/> leave it absent.</summary>
internal sealed class LimitValueParser(Reading target) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong value);
        if (kind == SingleValue.Number && value < file.UnlimitedFrom) reading.Limits?.SetLimit(target, value);
        return kind == SingleValue.Malformed ? 1 : 0;
    }
}
