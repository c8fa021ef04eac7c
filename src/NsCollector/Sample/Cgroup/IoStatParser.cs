using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses v2 io.stat: <c>MAJOR:MINOR rbytes=N wbytes=N rios=N wios=N dbytes=N dios=N</c>, then keys of the cost model. Some kernels (5.13 to 5.17) write a device that has no counters without a line feed, so that the next device follows on the same line.
/// </summary>
internal static class IoStatParser
{
    private static readonly KernelKeys Keys = KernelKeys.Of("io.stat", isV2: true);

    /// <returns>How many lines were malformed, wholly or in part.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, BlockDeviceRows rows) => Parse(text, Keys, rows);

    /// <summary>Parses another file of the same format, such as io.max, in which <c>max</c> means unlimited.</summary>
    internal static int Parse(ReadOnlySpan<byte> text, KernelKeys keys, BlockDeviceRows rows)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        for (int position = 0; position < text.Length;)
        {
            int next = KernelText.NextLine(text, position);
            if (!DeviceNumberParser.TryParse(text, ref position, out uint major, out uint minor)
                || !ParseKeys(text[position..next], keys, rows, major, minor))
            {
                malformed++;
            }

            position = next;
        }

        return malformed;
    }

    private static bool ParseKeys(ReadOnlySpan<byte> line, KernelKeys keys, BlockDeviceRows rows, uint major, uint minor)
    {
        bool understood = true;
        int next = 0;
        for (int i = 0; line[i] != KernelText.LineFeed;)
        {
            if (line[i] == ' ')
            {
                i++;
                continue;
            }

            int start = i;
            while (line[i] != '=' && line[i] != ' ' && line[i] != KernelText.LineFeed) i++;
            if (line[i] == '=')
            {
                int index = keys.Find(line[start..i], ref next);
                i++;
                if (index >= 0 && !line[i..].StartsWith("max"u8))
                {
                    if (KernelText.TryReadUnsigned(line, ref i, out ulong value) && (line[i] == ' ' || line[i] == KernelText.LineFeed))
                        rows.RowOf(major, minor)?.Readings.SetUnsigned(keys[index].Reading, value);
                    else
                        understood = false;
                }
            }
            else if (!TryDevice(line[start..(i + 1)], ref major, ref minor))
            {
                understood = false;
            }

            while (line[i] != ' ' && line[i] != KernelText.LineFeed) i++;
        }

        return understood;
    }

    private static bool TryDevice(ReadOnlySpan<byte> word, ref uint major, ref uint minor)
    {
        int position = 0;
        if (!DeviceNumberParser.TryParse(word, ref position, out uint first, out uint second)) return false;
        major = first;
        minor = second;
        return true;
    }
}
