using System.Buffers.Text;
using NsCollector.Linux.Proc;

namespace NsCollector.Discover.Walk;

/// <summary>
/// A process of a container's cgroup, as far as it matters for the choice of the init process. Compares processes by what
/// the kernel says of them. The order in which cgroup.procs lists them says nothing: v1 sorts by pid, and pids wrap.
/// </summary>
/// <param name="Pid">Its id in the agent's pid namespace.</param>
/// <param name="ParentPid">PPid of /proc/PID/status; 0 if unknown, or if the parent is outside the agent's pid namespace.</param>
/// <param name="Levels">How many pid namespaces it is in, counted from the agent's (the numbers of NSpid); 1 if unknown.</param>
/// <param name="IsNamespaceInit">Whether it is process 1 of a pid namespace below the agent's.</param>
/// <param name="StartTicks">When it started (field 22 of /proc/PID/stat), in USER_HZ ticks since boot; <see cref="long.MaxValue"/> if unknown.</param>
internal readonly record struct InitCandidate(int Pid, int ParentPid, int Levels, bool IsNamespaceInit, long StartTicks)
{
    /// <summary>Reads the lines PPid and NSpid of /proc/PID/status (proc_pid_status(5)). Lines that are missing leave the default.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="status">The text.</param>
    internal static InitCandidate Parse(int pid, ReadOnlySpan<byte> status)
    {
        Utf8Parser.TryParse(ProcessStatus.Line(status, "PPid"u8), out int parent, out _);
        ReadOnlySpan<byte> ids = ProcessStatus.Line(status, "NSpid"u8);
        int levels = Math.Max(1, ids.Count((byte)'\t') + (ids.IsEmpty ? 0 : 1));
        bool isInit = levels > 1 && ids[(ids.LastIndexOf((byte)'\t') + 1)..].SequenceEqual("1"u8);
        return new InitCandidate(pid, Math.Max(0, parent), levels, isInit, long.MaxValue);
    }

    /// <summary>
    /// Whether it is more likely the init process than another one: process 1 of a pid namespace before others; of those the
    /// one with the fewest levels, because a namespace inside the container has more; else the one that started first.
    /// </summary>
    /// <returns>Negative: this one; positive: the other one; 0: both alike, for the kernel counts starts in ticks.</returns>
    /// <param name="other">The other process.</param>
    /// <param name="byLevels">Whether fewer levels count more than being process 1, see <see cref="InitProcess.Find"/>.</param>
    internal int CompareTo(in InitCandidate other, bool byLevels)
    {
        if (byLevels && Levels != other.Levels) return Levels.CompareTo(other.Levels);
        if (IsNamespaceInit != other.IsNamespaceInit) return IsNamespaceInit ? -1 : 1;
        if (IsNamespaceInit && Levels != other.Levels) return Levels.CompareTo(other.Levels);
        return StartTicks.CompareTo(other.StartTicks);
    }
}
