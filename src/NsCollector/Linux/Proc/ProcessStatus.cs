using System.Buffers.Text;

namespace NsCollector.Linux.Proc;

/// <summary>Lines of /proc/PID/status and fields of /proc/PID/stat (proc_pid_status(5), proc_pid_stat(5)).</summary>
internal static class ProcessStatus
{
    private const int StartTimeField = 22;

    /// <summary>The values of a line <c>KEY:\tVALUE\tVALUE…</c>; empty if there is none, or if its end is cut off.</summary>
    internal static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        while (status.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = status[..end];
            status = status[(end + 1)..];
            if (line.Length > key.Length && line[key.Length] == (byte)':' && line.StartsWith(key)) return line[(key.Length + 1)..].Trim(" \t"u8);
        }

        return [];
    }

    /// <summary>When the process started, in USER_HZ ticks since boot; null if the text has no such field.</summary>
    internal static long? StartTicks(ReadOnlySpan<byte> stat)
    {
        // The command is in parentheses and may contain anything, even parentheses and spaces.
        ReadOnlySpan<byte> text = stat[(stat.LastIndexOf((byte)')') + 1)..];
        for (int field = 2; field < StartTimeField; field++)
        {
            int space = text.IndexOf((byte)' ');
            if (space < 0) return null;
            text = text[(space + 1)..];
        }

        return Utf8Parser.TryParse(text, out long ticks, out _) && ticks >= 0 ? ticks : null;
    }
}
