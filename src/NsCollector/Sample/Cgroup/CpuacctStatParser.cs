using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses v1 cpuacct.stat: <c>user N</c> and <c>system N</c> in units of 1/USER_HZ seconds.</summary>
internal static class CpuacctStatParser
{
    /// <returns>How many lines were not understood.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, long nanosecondsPerTick, ReadingSet into)
    {
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            Reading reading;
            if (key.SequenceEqual("user"u8)) reading = Reading.CpuUserNs;
            else if (key.SequenceEqual("system"u8)) reading = Reading.CpuSystemNs;
            else continue;
            into.Set(reading, value > (ulong)(long.MaxValue / nanosecondsPerTick) ? long.MaxValue : (long)value * nanosecondsPerTick);
        }

        return lines.Malformed;
    }
}
