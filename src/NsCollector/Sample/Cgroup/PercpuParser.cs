using System.Globalization;
using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses v1 cpuacct.usage_percpu: nanoseconds of each possible core, on one line with a space after each.</summary>
internal static class PercpuParser
{
    /// <returns>How many numbers or lines were malformed. The rest after one is ignored, because cores are numbered by position.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, RowTable into)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        Span<byte> key = stackalloc byte[11];
        int position = 0;
        for (int core = 0; position < text.Length && text[position] != KernelText.LineFeed; core++)
        {
            if (!KernelText.TryReadUnsigned(text, ref position, out ulong value)
                || (text[position] != ' ' && text[position] != KernelText.LineFeed))
            {
                return malformed + 1;
            }

            core.TryFormat(key, out int length, provider: CultureInfo.InvariantCulture);
            into.Add(key[..length]).Readings.SetUnsigned(Reading.CoreUsageNs, value);
            if (text[position] == ' ') position++;
        }

        return malformed;
    }
}
