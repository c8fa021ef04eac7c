using System.Buffers.Text;

namespace NsCollector.Sample.Oom;

/// <summary>
/// The line that the kernel logs for each process that it kills (__oom_kill_process in mm/oom_kill.c):
/// <c>Memory cgroup out of memory: Killed process 12 (name) total-vm:9kB, anon-rss:9kB, file-rss:9kB, shmem-rss:9kB, UID:0
/// pgtables:9kB oom_score_adj:0</c>. Its rate is not limited.
/// </summary>
internal readonly ref struct KilledLine
{
    private KilledLine(int pid, ReadOnlySpan<byte> name, long? rssBytes, int? oomScoreAdj)
    {
        Pid = pid;
        Name = name;
        RssBytes = rssBytes;
        OomScoreAdj = oomScoreAdj;
    }

    internal int Pid { get; }

    /// <summary>The process's name, with the escapes of the log.</summary>
    internal ReadOnlySpan<byte> Name { get; }

    internal long? RssBytes { get; }

    internal int? OomScoreAdj { get; }

    /// <returns>False if it is another line.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> text, out KilledLine line)
    {
        line = default;
        ReadOnlySpan<byte> rest;
        if (text.StartsWith("Memory cgroup out of memory: "u8)) rest = text["Memory cgroup out of memory: "u8.Length..];
        else if (text.StartsWith("Out of memory: "u8)) rest = text["Out of memory: "u8.Length..];
        else if (text.StartsWith("Out of memory (oom_kill_allocating_task): "u8)) rest = text["Out of memory (oom_kill_allocating_task): "u8.Length..];
        else return false;

        if (!rest.StartsWith("Killed process "u8)) return false;
        rest = rest["Killed process "u8.Length..];
        if (!Utf8Parser.TryParse(rest, out int pid, out int digits) || pid <= 0 || !rest[digits..].StartsWith(" ("u8)) return false;
        rest = rest[(digits + 2)..];

        // The name may contain the text that follows it. Only numbers follow the last occurrence.
        int end = rest.LastIndexOf(") total-vm:"u8);
        if (end < 0) return false;
        ReadOnlySpan<byte> values = rest[end..];
        long? rss = Kilobytes(values, " anon-rss:"u8) + Kilobytes(values, " file-rss:"u8) + Kilobytes(values, " shmem-rss:"u8);
        ReadOnlySpan<byte> key = " oom_score_adj:"u8;
        int adj = values.IndexOf(key);
        int? oomScoreAdj = adj >= 0 && Utf8Parser.TryParse(values[(adj + key.Length)..], out int value, out _) ? value : null;
        line = new KilledLine(pid, rest[..end], rss, oomScoreAdj);
        return true;
    }

    private static long? Kilobytes(ReadOnlySpan<byte> values, ReadOnlySpan<byte> key)
    {
        int at = values.IndexOf(key);
        if (at < 0) return null;
        ReadOnlySpan<byte> number = values[(at + key.Length)..];
        return Utf8Parser.TryParse(number, out long kilobytes, out int digits) && kilobytes is >= 0 and <= long.MaxValue / 4096 && number[digits..].StartsWith("kB"u8)
            ? kilobytes * 1024
            : null;
    }
}
