using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// net/stat/nf_conntrack: a line of names and a line of hexadecimal numbers for each possible processor (ct_cpu_seq_show,
/// net/netfilter/nf_conntrack_standalone.c). The order of the names differs between kernels.
/// </summary>
internal static class ConntrackStatParser
{
    /// <summary>Maximum bytes: of a kernel for 8,192 processors.</summary>
    internal const int MaxBytes = 2 << 20;

    /// <summary>Sets the sums over all processors.</summary>
    /// <returns>False if the text is malformed; then none is set.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, ReadingSet readings)
    {
        if (!TextNumber.TryLine(ref text, out ReadOnlySpan<byte> names, out bool isWhole) || !isWhole) return false;
        ulong insertFailed = 0, drop = 0, earlyDrop = 0;
        bool any = false;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out isWhole))
        {
            ReadOnlySpan<byte> rest = names;
            if (!isWhole) return false;
            while (TextNumber.Word(ref rest) is { IsEmpty: false } name)
            {
                if (!TextNumber.TryHex(ref line, out uint value)) return false;
                if (name.SequenceEqual("insert_failed"u8)) insertFailed += value;
                else if (name.SequenceEqual("drop"u8)) drop += value;
                else if (name.SequenceEqual("early_drop"u8)) earlyDrop += value;
            }

            any = true;
        }

        if (!any || !HasNames(names)) return false;
        readings.SetUnsigned(Reading.ConntrackInsertFailed, insertFailed);
        readings.SetUnsigned(Reading.ConntrackDrop, drop);
        readings.SetUnsigned(Reading.ConntrackEarlyDrop, earlyDrop);
        return true;
    }

    private static bool HasNames(ReadOnlySpan<byte> names)
    {
        int found = 0;
        while (TextNumber.Word(ref names) is { IsEmpty: false } name)
        {
            if (name.SequenceEqual("insert_failed"u8) || name.SequenceEqual("drop"u8) || name.SequenceEqual("early_drop"u8)) found++;
        }

        return found == 3;
    }
}
