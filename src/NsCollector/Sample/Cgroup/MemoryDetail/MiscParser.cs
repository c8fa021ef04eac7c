using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.MemoryDetail;

/// <summary>misc.current: one line for each resource of the misc controller (misc_cg_current_show in kernel/cgroup/misc.c).</summary>
internal sealed class MiscParser : ExtraParser
{
    // The kernel has three: sev, sev_es, tdx.
    private const int MaxResources = 64;

    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        if (reading.Sample.MemoryDetail is not { } detail) return 0;
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            if (detail.Misc.Count < MaxResources) detail.Misc.GetOrAdd(key).Readings.SetUnsigned(Reading.MiscCurrent, value);
        }

        return lines.Malformed;
    }
}
