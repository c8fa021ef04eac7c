using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses v1 cpuacct.usage_all: the nanoseconds of each possible core in user and in kernel mode, a line for each below a heading. Their
/// sums are cpuacct.usage_user and cpuacct.usage_sys, which the kernel adds up from the same counters (kernel/sched/cpuacct.c).
/// </summary>
internal static class CpuacctAllParser
{
    private static ReadOnlySpan<byte> Heading => "cpu user system\n"u8;

    /// <returns>1 if the text is malformed. A sum without one of its cores would be too low, so then there is no reading.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, ReadingSet into)
    {
        if (!text.StartsWith(Heading) || text[^1] != KernelText.LineFeed) return 1;
        ulong user = 0, system = 0;
        for (int position = Heading.Length; position < text.Length; position++)
        {
            if (!KernelText.TryReadUnsigned(text, ref position, out _) || text[position++] != ' '
                || !KernelText.TryReadUnsigned(text, ref position, out ulong userNs) || text[position++] != ' '
                || !KernelText.TryReadUnsigned(text, ref position, out ulong systemNs) || text[position] != KernelText.LineFeed)
            {
                return 1;
            }

            user += userNs;
            system += systemNs;
        }

        into.SetUnsigned(Reading.CpuUserNs, user);
        into.SetUnsigned(Reading.CpuSystemNs, system);
        return 0;
    }
}
