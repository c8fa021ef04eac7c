using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Applies the text of a limit file to the limits of the container, which its own cgroup and its payload's set together.</summary>
/// <remarks>Each method returns 1 if the text was malformed, else 0.</remarks>
internal static class LimitRules
{
    internal static int ApplyLimit(CgroupFile file, ReadOnlySpan<byte> text, CarriedState carried)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong value);
        if (kind == SingleValue.Number) carried.SetLimit(file.Reading, value);
        return Malformed(kind);
    }

    internal static int ApplyCpuQuotaV1(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong microseconds);
        if (file.IsPayload) reading.Carried.HasPayloadQuota = kind == SingleValue.Number && reading.OwnCpuMax == SingleValue.Unlimited;
        else reading.OwnCpuMax = kind;
        reading.QuotaV1 = kind == SingleValue.Number ? microseconds : null;
        reading.Carried.IsCpuLimitUnknown |= kind == SingleValue.Malformed;
        return Malformed(kind);
    }

    internal static int ApplyCpuPeriodV1(ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong microseconds);
        if (kind == SingleValue.Number && microseconds > 0 && reading.QuotaV1 is { } quota)
            reading.Carried.SetCpuLimit(quota, microseconds);
        else
            reading.Carried.IsCpuLimitUnknown = true;
        return Malformed(kind);
    }

    internal static int ApplyCpuMaxV2(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        CarriedState carried = reading.Carried;
        SingleValue kind = CpuMaxParser.Parse(text, out ulong quota, out ulong period);
        if (file.IsPayload) carried.HasPayloadQuota = kind == SingleValue.Number && reading.OwnCpuMax == SingleValue.Unlimited;
        else reading.OwnCpuMax = kind;
        carried.IsCpuLimitUnknown |= kind == SingleValue.Malformed;
        if (kind == SingleValue.Number) carried.SetCpuLimit(quota, period);
        return Malformed(kind);
    }

    internal static int ApplyMemoryLimit(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        CarriedState carried = reading.Carried;
        SingleValue kind = SingleValueParser.Parse(text, out ulong bytes);

        // If the payload's limit is read too, it decides when the container's own cgroup has no limit.
        if (kind == SingleValue.Number && file.IsV2 && bytes > long.MaxValue)
        {
            carried.Limits.SetImpossible(Reading.MemoryLimitBytes);
            return 0;
        }

        if (!file.IsPayload) reading.IsOwnMemoryUnlimited = kind == SingleValue.Unlimited;
        carried.MemoryLimitKnown |= kind == SingleValue.Number || (kind == SingleValue.Unlimited && (file.IsPayload || !carried.HasPayload));
        if (kind == SingleValue.Number && bytes < file.UnlimitedFrom) carried.SetLimit(Reading.MemoryLimitBytes, bytes);
        return Malformed(kind);
    }

    internal static int ApplyMemswLimitV1(CgroupFile file, ReadOnlySpan<byte> text, CarriedState carried)
    {
        // v1 limits memory and swap together; the part above the memory limit is for swap (as v2's memory.swap.max).
        SingleValue kind = SingleValueParser.Parse(text, out ulong both);
        if (kind == SingleValue.Number && both < file.UnlimitedFrom
            && carried.Limits.TryGet(Reading.MemoryLimitBytes, out long memory) && both >= (ulong)memory)
        {
            carried.SetLimit(Reading.MemorySwapLimitBytes, both - (ulong)memory);
        }

        return Malformed(kind);
    }

    internal static int ApplyHugetlbLimit(CgroupFile file, ReadOnlySpan<byte> text, CarriedState carried)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong bytes);
        if (kind == SingleValue.Number && bytes < file.UnlimitedFrom) carried.HugetlbLimits[file.Item] = (long)bytes;
        return Malformed(kind);
    }

    private static int Malformed(SingleValue kind) => kind == SingleValue.Malformed ? 1 : 0;
}
