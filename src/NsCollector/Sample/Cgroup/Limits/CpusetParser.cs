using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>
/// A list of CPUs or memory nodes: <c>0-3,8</c> (bitmap_list in lib/vsprintf.c), or empty. The payload's list is a subset of the
/// container's own, so it applies.
/// </summary>
/// <param name="list">Receives the text.</param>
/// <param name="counted">Receives the count of numbers in the list; null for a list that is set but may not be effective.</param>
internal sealed class CpusetParser(Func<LimitSample, BoundedText> list, Reading? counted = null) : ExtraParser
{
    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices)
    {
        if (reading.Limits is not { } limits) return 0;
        if (text.IsEmpty || text.SequenceEqual("\n"u8)) return 0;
        if (!TryCount(text, out long numbers)) return 1;
        list(limits).Set(text[..^1]);
        if (counted is { } target) limits.Readings.Set(target, numbers);
        return 0;
    }

    /// <summary>Counts the numbers of a list; false if the text is not a list, or is truncated.</summary>
    internal static bool TryCount(ReadOnlySpan<byte> text, out long numbers)
    {
        numbers = 0;
        for (int position = 0; position < text.Length; position++)
        {
            if (!KernelText.TryReadUnsigned(text, ref position, out ulong first) || first > int.MaxValue) return false;
            ulong last = first;
            if (position < text.Length && text[position] == '-')
            {
                position++;
                if (!KernelText.TryReadUnsigned(text, ref position, out last) || last > int.MaxValue || last < first) return false;
            }

            numbers += (long)(last - first) + 1;
            if (position >= text.Length) return false;
            if (text[position] == KernelText.LineFeed) return position == text.Length - 1;
            if (text[position] != ',') return false;
        }

        return false;
    }
}
