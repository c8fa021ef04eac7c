using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>A limit of huge pages of one size.</summary>
/// <param name="pageSize">As the kernel writes it.</param>
/// <param name="target">The reading of the row.</param>
internal sealed class HugetlbLimitParser(byte[] pageSize, Reading target) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong bytes);
        if (kind == SingleValue.Number && bytes < file.UnlimitedFrom)
            reading.Limits?.Hugetlb.GetOrAdd(pageSize).Readings.SetUnsigned(target, bytes);
        return kind == SingleValue.Malformed ? 1 : 0;
    }
}
