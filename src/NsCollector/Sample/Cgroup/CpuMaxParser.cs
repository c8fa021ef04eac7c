namespace NsCollector.Sample.Cgroup;

/// <summary>Parses v2 cpu.max: <c>QUOTA PERIOD</c> in microseconds, the quota being <c>max</c> if there is no limit.</summary>
internal static class CpuMaxParser
{
    /// <param name="text">The text of the file.</param>
    /// <param name="cores">The limit in cores, if the result is <see cref="SingleValue.Number"/>.</param>
    internal static SingleValue Parse(ReadOnlySpan<byte> text, out double cores)
    {
        SingleValue kind = Parse(text, out ulong quota, out ulong period);
        cores = kind == SingleValue.Number ? (double)quota / period : 0;
        return kind;
    }

    /// <param name="text">The text of the file.</param>
    /// <param name="quota">In microseconds, if the result is <see cref="SingleValue.Number"/>.</param>
    /// <param name="period">In microseconds, above 0, if the text is well-formed.</param>
    internal static SingleValue Parse(ReadOnlySpan<byte> text, out ulong quota, out ulong period)
    {
        quota = period = 0;
        if (text.IsEmpty) return SingleValue.Empty;
        int position = 0;
        bool unlimited = text.StartsWith("max "u8);
        if (unlimited) position = 3;
        else if (!KernelText.TryReadUnsigned(text, ref position, out quota)) return SingleValue.Malformed;
        if (position >= text.Length || text[position++] != ' ') return SingleValue.Malformed;
        if (!KernelText.TryReadUnsigned(text, ref position, out period) || period == 0
            || position != text.Length - 1 || text[position] != KernelText.LineFeed)
        {
            return SingleValue.Malformed;
        }

        return unlimited ? SingleValue.Unlimited : SingleValue.Number;
    }
}
