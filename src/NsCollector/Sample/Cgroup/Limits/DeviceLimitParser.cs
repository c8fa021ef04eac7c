using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>
/// Limits of block I/O by device: v1 <c>MAJOR:MINOR N</c> (tg_print_conf_uint in block/blk-throttle.c), v2
/// <c>MAJOR:MINOR KEY=N KEY=max</c> (io.max, io.latency). A limit of the payload replaces the one of the container's own cgroup:
/// the runtime sets the same limit in both cgroups, or sets it in one of them.
/// </summary>
internal sealed class DeviceLimitParser(KernelKeys keys) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices) =>
        file.IsV2 ? IoStatParser.Parse(text, keys, devices) : BlkioParser.Parse(text, keys, devices);
}
