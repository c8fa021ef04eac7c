using System.Buffers.Text;

namespace NsCollector.Sample.Oom;

/// <summary>
/// The line that the kernel logs before it kills a process, at most ten times in five seconds (dump_oom_victim in mm/oom_kill.c,
/// mem_cgroup_print_oom_context in mm/memcontrol.c):
/// <c>oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=NAME,mems_allowed=0,oom_memcg=PATH,task_memcg=PATH,task=NAME,pid=12,uid=0</c>,
/// with <c>global_oom</c> instead of <c>oom_memcg=PATH</c> if no cgroup's limit was reached.
/// </summary>
/// <remarks>
/// A container chooses the names of its processes and of the cgroups below its own, and each may contain any of these keys. So the
/// line is parsed from its end. Only numbers follow the last <c>,uid=</c> and <c>,pid=</c>. Before them is the process's name, which is
/// known from the line <c>Killed process</c>. The rest ends with the two paths. The name of the cpuset contains no slash, so the first
/// key with a path is the kernel's. The process was in the limited cgroup or below it, so any other split of the two paths is wrong.
/// A container can choose names that move the end of a path, but the path never becomes that of another container.
/// </remarks>
internal readonly ref struct OomKillLine
{
    private OomKillLine(OomConstraint constraint, ReadOnlySpan<byte> limitedCgroup, ReadOnlySpan<byte> taskCgroup)
    {
        Constraint = constraint;
        LimitedCgroup = limitedCgroup;
        TaskCgroup = taskCgroup;
    }

    /// <summary>The beginning of the line. It is longer than the name of a process, so a name at the beginning of another line cannot match.</summary>
    internal static ReadOnlySpan<byte> Start => "oom-kill:constraint="u8;

    internal OomConstraint Constraint { get; }

    /// <summary>The path of the cgroup that reached its limit, with the escapes of the log; empty if there is none.</summary>
    internal ReadOnlySpan<byte> LimitedCgroup { get; }

    /// <summary>The path of the process's cgroup, with the escapes of the log.</summary>
    internal ReadOnlySpan<byte> TaskCgroup { get; }

    /// <param name="text">A line that begins with <see cref="Start"/>.</param>
    /// <param name="pid">The pid of the process that was killed.</param>
    /// <param name="name">Its name, with the escapes of the log.</param>
    /// <param name="line">The parsed line.</param>
    /// <returns>False if it is about another process, or incomplete.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> text, int pid, ReadOnlySpan<byte> name, out OomKillLine line)
    {
        line = default;
        if (!text.StartsWith(Start) || !TryCutNumber(ref text, ",uid="u8, out _) || !TryCutNumber(ref text, ",pid="u8, out long ofLine) || ofLine != pid) return false;
        if (!text.EndsWith(name)) return false;
        text = text[..^name.Length];
        if (!text.EndsWith(",task="u8)) return false;
        text = text[..^",task="u8.Length];

        ReadOnlySpan<byte> word = text[Start.Length..];
        int comma = word.IndexOf((byte)',');
        if (comma < 0) return false;
        OomConstraint constraint = ConstraintOf(word[..comma]);
        int global = text.IndexOf(",global_oom,task_memcg=/"u8), limited = text.IndexOf(",oom_memcg=/"u8);
        if (global >= 0 && (limited < 0 || global < limited))
        {
            line = new OomKillLine(constraint, default, text[(global + ",global_oom,task_memcg="u8.Length)..]);
            return true;
        }

        return limited >= 0 && TryDivide(text[(limited + ",oom_memcg="u8.Length)..], constraint, out line);
    }

    /// <summary>Whether a path is that of a cgroup or of a cgroup below it.</summary>
    internal static bool IsAtOrBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> ancestor) =>
        path.StartsWith(ancestor) && (path.Length == ancestor.Length || path[ancestor.Length] == (byte)'/' || ancestor[^1] == (byte)'/');

    private static bool TryDivide(ReadOnlySpan<byte> paths, OomConstraint constraint, out OomKillLine line)
    {
        ReadOnlySpan<byte> key = ",task_memcg=/"u8;
        for (int from = 0; paths[from..].IndexOf(key) is >= 0 and int at; from += at + 1)
        {
            ReadOnlySpan<byte> limited = paths[..(from + at)], task = paths[(from + at + key.Length - 1)..];
            if (!IsAtOrBelow(task, limited)) continue;
            line = new OomKillLine(constraint, limited, task);
            return true;
        }

        line = default;
        return false;
    }

    private static bool TryCutNumber(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, out long value)
    {
        value = 0;
        int at = text.LastIndexOf(key);
        if (at < 0) return false;
        ReadOnlySpan<byte> digits = text[(at + key.Length)..];
        if (!Utf8Parser.TryParse(digits, out value, out int used) || used != digits.Length) return false;
        text = text[..at];
        return true;
    }

    private static OomConstraint ConstraintOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("CONSTRAINT_MEMCG"u8) ? OomConstraint.Cgroup
        : word.SequenceEqual("CONSTRAINT_NONE"u8) ? OomConstraint.Host
        : word.SequenceEqual("CONSTRAINT_CPUSET"u8) ? OomConstraint.Cpuset
        : word.SequenceEqual("CONSTRAINT_MEMORY_POLICY"u8) ? OomConstraint.MemoryPolicy
        : OomConstraint.Unknown;
}
