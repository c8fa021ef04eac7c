using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>
/// Weights of block I/O: <c>N</c> or <c>default N</c> for all devices, and <c>MAJOR:MINOR N</c> for each with a weight of its
/// own (ioc_weight_show in block/blk-iocost.c, bfq_io_show_weight in block/bfq-cgroup.c).
/// </summary>
/// <param name="all">Receives the default weight.</param>
/// <param name="own">Receives the weight of one device.</param>
internal sealed class DeviceWeightParser(Reading all, Reading own) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        if (reading.Limits is not { } limits) return 0;
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        for (int position = 0; position < text.Length;)
        {
            int next = KernelText.NextLine(text, position);
            ReadOnlySpan<byte> line = text[position..next];
            position = next;
            int i = line.StartsWith("default "u8) ? "default "u8.Length : 0;
            if (TryNumber(line, i, out ulong weight)) limits.Readings.SetUnsigned(all, weight);
            else if (i == 0 && DeviceNumberParser.TryParse(line, ref i, out uint major, out uint minor) && TryNumber(line, i, out weight))
                devices.RowOf(major, minor)?.Readings.SetUnsigned(own, weight);
            else malformed++;
        }

        return malformed;
    }

    private static bool TryNumber(ReadOnlySpan<byte> line, int position, out ulong value) =>
        KernelText.TryReadUnsigned(line, ref position, out value) && line[position] == KernelText.LineFeed;
}
