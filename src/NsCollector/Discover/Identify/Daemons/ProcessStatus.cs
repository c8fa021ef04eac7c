using System.Buffers.Text;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>Lines of /proc/PID/status and fields of /proc/PID/stat (proc_pid_status(5), proc_pid_stat(5)).</summary>
internal static class ProcessStatus
{
    private const int StartTimeField = 22;

    /// <summary>The values of a line <c>KEY:\tVALUE\tVALUE…</c>; empty if there is none.</summary>
    internal static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        foreach (Range range in status.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = status[range];
            if (line.Length > key.Length && line[key.Length] == (byte)':' && line.StartsWith(key)) return line[(key.Length + 1)..].Trim(" \t"u8);
        }

        return [];
    }

    /// <summary>
    /// Whether the process belongs to root and is in no pid namespace below that of procfs. The owner of /proc/PID does
    /// not tell: anybody's process belongs to root there if it is not dumpable.
    /// </summary>
    internal static bool IsOfHostRoot(ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> pids = Line(status, "NSpid"u8);
        return Line(status, "Uid"u8).SequenceEqual("0\t0\t0\t0"u8) && !pids.IsEmpty && !pids.Contains((byte)'\t');
    }

    /// <summary>When the process started, in clock ticks since boot; 0 if the text has no such field.</summary>
    internal static ulong StartTime(ReadOnlySpan<byte> stat)
    {
        // The name, in parentheses, may have spaces and parentheses itself.
        ReadOnlySpan<byte> fields = stat[(stat.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        int field = 3;
        foreach (Range range in fields.Split((byte)' '))
        {
            if (field++ == StartTimeField) return Utf8Parser.TryParse(fields[range], out ulong ticks, out _) ? ticks : 0;
        }

        return 0;
    }
}
