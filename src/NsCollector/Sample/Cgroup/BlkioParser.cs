using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses the blkio files of v1: <c>MAJOR:MINOR Operation N</c> (blkg_prfill_rwstat) or <c>MAJOR:MINOR N</c>
/// (blkg_prfill_u64), and at the end <c>Total N</c> over all devices, which is ignored because it is the sum of the others.
/// </summary>
internal static class BlkioParser
{
    // By BlkioFileKind. The catalogue names one file; its alternatives have the same keys.
    private static readonly KernelKeys[] KeysOfKind =
    [
        KernelKeys.Of("blkio.throttle.io_service_bytes_recursive", isV2: false),
        KernelKeys.Of("blkio.throttle.io_serviced_recursive", isV2: false),
        KernelKeys.Of("blkio.sectors", isV2: false),
        KernelKeys.Of("blkio.io_queued", isV2: false),
    ];

    /// <returns>How many lines were malformed. An unknown operation is not an error: kernels add some.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, BlkioFileKind kind, BlockDeviceRows rows) => Parse(text, KeysOfKind[(int)kind], rows);

    /// <summary>Parses another file of the same format, such as blkio.throttle.read_bps_device.</summary>
    internal static int Parse(ReadOnlySpan<byte> text, KernelKeys keys, BlockDeviceRows rows)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        int next = 0;
        for (int position = 0; position < text.Length;)
        {
            if (text[position] == 'T' && text[position..].StartsWith("Total "u8))
            {
                position = KernelText.NextLine(text, position);
                continue;
            }

            int i = position;
            if (DeviceNumberParser.TryParse(text, ref i, out uint major, out uint minor))
            {
                int operation = i;
                while ((uint)(text[i] - '0') > 9 && text[i] != ' ' && text[i] != KernelText.LineFeed) i++;
                int index = keys.Find(text[operation..i], ref next);
                if (text[i] == ' ') i++;
                if (KernelText.TryReadUnsigned(text, ref i, out ulong value) && text[i] == KernelText.LineFeed)
                {
                    position = i + 1;
                    if (index >= 0) rows.RowOf(major, minor)?.Readings.SetUnsigned(keys[index].Reading, value);
                    continue;
                }
            }

            malformed++;
            position = KernelText.NextLine(text, position);
        }

        return malformed;
    }
}
