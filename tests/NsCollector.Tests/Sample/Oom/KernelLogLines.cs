using System.Globalization;
using System.Text;
using NsCollector.Linux.KernelLog;
using NsCollector.Sample.Oom;

namespace NsCollector.Tests.Sample.Oom;

/// <summary>Feeds records of /dev/kmsg to a parser, with the numbers and times of a real log.</summary>
internal sealed class KernelLogLines
{
    private readonly OomLineParser _parser = new();
    private ulong _sequence = 100;

    /// <summary>The time of the next record, in microseconds since the boot.</summary>
    internal long TimeUs { get; set; } = 1_000_000_000;

    /// <summary>The monotonic clock.</summary>
    internal long NowNs { get; set; } = 1_000_000_000_000;

    internal List<OomVictim> Victims { get; } = [];

    internal OomVictim Last => Victims[^1];

    internal OomLineParser Parser => _parser;

    /// <summary>The kernel's line of the summary.</summary>
    internal static string Kill(string constraint, string limited, string task, string name, int pid) =>
        string.Create(CultureInfo.InvariantCulture, $"oom-kill:constraint={constraint},nodemask=(null),cpuset=docker,mems_allowed=0,{limited},task_memcg={task},task={name},pid={pid},uid=0");

    /// <summary>The kernel's line of a kill.</summary>
    internal static string Killed(string name, int pid, string message = "Memory cgroup out of memory", int adj = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"{message}: Killed process {pid} ({name}) total-vm:70000kB, anon-rss:50000kB, file-rss:1000kB, shmem-rss:24kB, UID:0 pgtables:148kB oom_score_adj:{adj}");

    /// <summary>Adds a record of the kernel.</summary>
    internal KernelLogLines Add(string text, string flags = "-", int priority = 6, int skipped = 0)
    {
        _sequence += 1 + (ulong)skipped;
        TimeUs += 50;
        byte[] bytes = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{priority},{_sequence},{TimeUs},{flags};{Escape(text)}\n"));
        Assert.True(KernelLogRecord.TryParse(bytes, out KernelLogRecord record));
        if (_parser.Parse(record, NowNs) is { } victim) Victims.Add(victim);
        return this;
    }

    /// <summary>As the kernel does: each byte that is not printable ASCII, and the backslash.</summary>
    private static string Escape(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(
        value => value is < 0x20 or >= 0x7f or (byte)'\\' ? string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}") : ((char)value).ToString()));
}
