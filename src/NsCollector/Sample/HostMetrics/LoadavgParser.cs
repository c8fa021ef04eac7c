using NsCollector.Catalogue;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.HostMetrics;

/// <summary>/proc/loadavg (loadavg_proc_show in fs/proc/loadavg.c): <c>0.20 0.18 0.12 1/80 11206</c>, always with two decimals.</summary>
internal static class LoadavgParser
{
    /// <returns>False if the text is malformed; then nothing more is set.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, ReadingSet into)
    {
        if (!TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole) || !whole) return false;
        for (Reading reading = Reading.HostLoad1; reading <= Reading.HostLoad15; reading++)
        {
            ReadOnlySpan<byte> word = TextNumber.Word(ref line);
            int at = 0;
            if (!KernelText.TryReadUnsigned(word, ref at, out ulong number) || word.Length != at + 3 || word[at++] != (byte)'.') return false;
            if (!KernelText.TryReadUnsigned(word, ref at, out ulong hundredths) || at != word.Length) return false;
            // One division, so that the result is the nearest number: 1 + 0.84 is 1.8399999999999999.
            into.SetDouble(reading, ((number * 100.0) + hundredths) / 100);
        }

        ReadOnlySpan<byte> tasks = TextNumber.Word(ref line);
        int slash = 0;
        if (!KernelText.TryReadUnsigned(tasks, ref slash, out ulong runnable) || slash >= tasks.Length || tasks[slash++] != (byte)'/') return false;
        if (!KernelText.TryReadUnsigned(tasks, ref slash, out ulong all) || slash != tasks.Length) return false;
        into.SetUnsigned(Reading.HostLoadRunnable, runnable);
        into.SetUnsigned(Reading.HostLoadTasks, all);
        return true;
    }
}
