using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses a file with one value: <c>1234</c>, <c>max</c>, <c>-1</c>.</summary>
internal static class SingleValueParser
{
    /// <summary>Sets a reading if the text is a number; no limit, no text and a negative number leave it absent.</summary>
    /// <returns>1 if the text was malformed, else 0.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, Reading reading, ReadingSet into)
    {
        SingleValue kind = Parse(text, out ulong value);
        if (kind == SingleValue.Number) into.SetUnsigned(reading, value);

        // Files that do not hold a limit: the kernel writes pids.current signed.
        else if (kind == SingleValue.Unlimited && text[0] == '-') into.SetImpossible(reading);
        return kind == SingleValue.Malformed ? 1 : 0;
    }

    internal static SingleValue Parse(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (text.IsEmpty) return SingleValue.Empty;
        int position = 0;
        if (KernelText.TryReadUnsigned(text, ref position, out value))
        {
            return position == text.Length - 1 && text[position] == KernelText.LineFeed ? SingleValue.Number : SingleValue.Malformed;
        }

        value = 0;
        if (text.SequenceEqual("max\n"u8)) return SingleValue.Unlimited;
        if (text[0] != '-') return SingleValue.Malformed;
        position = 1;
        bool negative = KernelText.TryReadUnsigned(text, ref position, out _) && position == text.Length - 1 && text[position] == KernelText.LineFeed;
        return negative ? SingleValue.Unlimited : SingleValue.Malformed;
    }
}
