using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses the blkio files of v1: <c>MAJOR:MINOR Operation N</c> (blkg_prfill_rwstat) or <c>MAJOR:MINOR N</c>
/// (blkg_prfill_u64), and at the end <c>Total N</c> over all devices, which is left out as it is the sum of the others.
/// </summary>
internal static class BlkioParser
{
    /// <returns>How many lines were not understood. An operation that is not known is not an error: kernels add some.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, BlkioFileKind kind, BlockDeviceRows rows)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
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
                Reading? reading = ReadingOf(kind, text[operation..i]);
                if (text[i] == ' ') i++;
                if (KernelText.TryReadUnsigned(text, ref i, out ulong value) && text[i] == KernelText.LineFeed)
                {
                    position = i + 1;
                    if (reading is { } known) rows.RowOf(major, minor)?.Readings.SetUnsigned(known, value);
                    continue;
                }
            }

            malformed++;
            position = KernelText.NextLine(text, position);
        }

        return malformed;
    }

    private static Reading? ReadingOf(BlkioFileKind kind, ReadOnlySpan<byte> operation)
    {
        switch (kind)
        {
            case BlkioFileKind.Sectors: return operation.IsEmpty ? Reading.BlkioSectors : null;
            case BlkioFileKind.Queued: return operation.SequenceEqual("Total"u8) ? Reading.BlkioQueued : null;
        }

        bool bytes = kind == BlkioFileKind.Bytes;
        if (operation.SequenceEqual("Read"u8)) return bytes ? Reading.BlkioReadBytes : Reading.BlkioReadOps;
        if (operation.SequenceEqual("Write"u8)) return bytes ? Reading.BlkioWriteBytes : Reading.BlkioWriteOps;
        if (operation.SequenceEqual("Sync"u8)) return bytes ? Reading.BlkioSyncBytes : Reading.BlkioSyncOps;
        if (operation.SequenceEqual("Async"u8)) return bytes ? Reading.BlkioAsyncBytes : Reading.BlkioAsyncOps;
        if (operation.SequenceEqual("Discard"u8)) return bytes ? Reading.BlkioDiscardBytes : Reading.BlkioDiscardOps;
        return null;
    }
}
