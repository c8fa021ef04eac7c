using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup.Limits;

/// <summary>
/// The resource limits and the OOM score adjustment of a container's init process: /proc/PID/limits and oom_score_adj
/// (proc_pid_limits and oom_score_adj_read in fs/proc/base.c), which every user may read unless procfs hides processes (hidepid).
/// </summary>
internal static class InitLimits
{
    // The columns of name, soft and hard limit (proc_pid_limits): "%-25s %-20s %-20s ".
    private const int NameBytes = 25;

    private static readonly KernelKeys Keys = KernelKeys.Of(ContainerLimitsFields.ProcessLimits, isV2: true, part => part == SamplePart.Limits);

    /// <summary>Reads both files. It is not an error if the process has ended; other failures are counted.</summary>
    internal static void Read(ProcessDirectory init, CgroupFileReader reader, ReadingSet into, AgentCounters counters)
    {
        if (init.Descriptor < 0) return;
        int malformed = 0;
        if (TryRead(init, "limits\0"u8, reader, counters, out ReadOnlySpan<byte> text)) malformed += ParseLimits(text, into);
        if (TryRead(init, "oom_score_adj\0"u8, reader, counters, out text)) malformed += ParseOomScoreAdj(text, into);
        if (malformed > 0) counters.Add(AgentCounter.ReadErrors);
    }

    /// <summary>Sets the soft and hard limits; <c>unlimited</c> leaves one absent.</summary>
    /// <returns>Number of malformed lines.</returns>
    internal static int ParseLimits(ReadOnlySpan<byte> text, ReadingSet into)
    {
        int malformed = 0, next = 0;
        text = KernelText.WholeLines(text, ref malformed);
        for (int position = 0; position < text.Length; position = KernelText.NextLine(text, position))
        {
            ReadOnlySpan<byte> line = text[position..(KernelText.NextLine(text, position) - 1)];
            if (line.Length <= NameBytes)
            {
                malformed++;
                continue;
            }

            int index = Keys.Find(line[..NameBytes].TrimEnd((byte)' '), ref next);
            if (index < 0) continue;
            line = line[NameBytes..];
            Reading soft = Keys[index].Reading;
            if (!TrySet(ref line, soft, into) || !TrySet(ref line, soft + 1, into)) malformed++;
        }

        return malformed;
    }

    /// <summary>Sets oom_score_adj, -1000 to 1000.</summary>
    /// <returns>1 if the text was malformed, else 0.</returns>
    internal static int ParseOomScoreAdj(ReadOnlySpan<byte> text, ReadingSet into)
    {
        bool isNegative = text.StartsWith("-"u8);
        if (SingleValueParser.Parse(isNegative ? text[1..] : text, out ulong value) != SingleValue.Number || value > 1000) return 1;
        into.Set(Reading.LimitsOomScoreAdj, isNegative ? -(long)value : (long)value);
        return 0;
    }

    private static bool TrySet(ref ReadOnlySpan<byte> line, Reading reading, ReadingSet into)
    {
        line = line.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        if (end < 0) return false;
        ReadOnlySpan<byte> word = line[..end];
        line = line[end..];
        if (word.SequenceEqual("unlimited"u8)) return true;
        int position = 0;
        if (!KernelText.TryReadUnsigned(word, ref position, out ulong value) || position != word.Length) return false;
        into.SetUnsigned(reading, value);
        return true;
    }

    private static bool TryRead(ProcessDirectory init, ReadOnlySpan<byte> name, CgroupFileReader reader, AgentCounters counters, out ReadOnlySpan<byte> text)
    {
        text = default;
        int length = reader.ReadAt(init.Descriptor, name);
        if (length < 0 && length is not (-Errno.ENOENT or -Errno.ESRCH)) counters.Add(AgentCounter.ReadErrors);
        if (length <= 0) return false;
        text = reader.Text(length);
        return true;
    }
}
