using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>
/// Quota and period of CPU time: v2 cpu.max, or v1 cpu.cfs_period_us, which is read after the quota and only if there is one.
/// Of the container's own cgroup and its payload, the lower limit applies, with its period.
/// </summary>
internal sealed class CpuBandwidthParser : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        ulong quota, period;
        SingleValue kind;
        if (file.IsV2)
        {
            kind = CpuMaxParser.Parse(text, out quota, out period);
        }
        else
        {
            kind = SingleValueParser.Parse(text, out period);
            quota = reading.QuotaV1 ?? 0;
            if (reading.QuotaV1 is null || period == 0) return 0;
        }

        if (kind != SingleValue.Number || reading.Limits?.Readings is not { } limits) return 0;
        bool isLower = !limits.TryGet(Reading.LimitsCpuQuotaUs, out long otherQuota)
            || !limits.TryGet(Reading.LimitsCpuPeriodUs, out long otherPeriod)
            || (double)quota / period < (double)otherQuota / otherPeriod;
        if (isLower)
        {
            limits.SetUnsigned(Reading.LimitsCpuQuotaUs, quota);
            limits.SetUnsigned(Reading.LimitsCpuPeriodUs, period);
        }

        // A malformed text was counted by the parser of cpu.max or the period.
        return 0;
    }
}
