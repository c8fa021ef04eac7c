using NsCollector.Linux.KernelLog;

namespace NsCollector.Sample.Oom;

/// <summary>
/// Finds the victims of OOM kills in the records of the kernel's log. The kernel holds oom_lock from the line <c>oom-kill:</c> to the
/// last line <c>Killed process</c> of the same OOM event, so these lines never mix with those of another event.
/// </summary>
/// <remarks>
/// Only records of the kernel count: everything that a process writes to /dev/kmsg has another facility. A name that a process chose is
/// never at the beginning of a kernel record, except of a continuation, which is only appended. Allocates for each victim.
/// </remarks>
internal sealed class OomLineParser
{
    // DEFAULT_RATELIMIT_INTERVAL and DEFAULT_RATELIMIT_BURST of include/linux/ratelimit_types.h, which limit the line oom-kill: (oom_rs
    // in oom_kill_process). A second more, because the clocks of two processors can differ.
    private const long RateIntervalUs = 6_000_000;
    private const int RateBurst = 10;

    private readonly JoinedLine _kill = new();

    // memory.oom.group: "Tasks in PATH are going to be killed due to memory.oom.group set" (mem_cgroup_print_oom_group).
    private readonly JoinedLine _group = new();

    // When the last lines oom-kill: were logged; _nextShown is the oldest.
    private readonly long[] _shownUs = new long[RateBurst];
    private int _nextShown;
    private bool _isWindowUnknown = true;
    private long _windowKnownFromNs;

    private OomConstraint _constraint;
    private string? _limitedCgroup;

    internal OomLineParser() => Array.Fill(_shownUs, long.MinValue / 2);

    private static ReadOnlySpan<byte> GroupStart => "Tasks in "u8;

    private static ReadOnlySpan<byte> GroupEnd => " are going to be killed due to memory.oom.group set"u8;

    /// <summary>Call it when the records before the next one are unknown: at the first read, or after an overrun.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void Restart(long nowNs)
    {
        _kill.Clear();
        _group.Clear();
        ForgetConstraint();
        _isWindowUnknown = true;
        _windowKnownFromNs = nowNs + (RateIntervalUs * 1000);
    }

    /// <summary>Processes the next record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>The victim, if the record describes one; else null.</returns>
    internal OomVictim? Parse(in KernelLogRecord record, long nowNs)
    {
        if (!record.IsFromKernel) return null;
        if (record.IsContinuation)
        {
            if (!_kill.TryAppend(record)) _group.TryAppend(record);
            return null;
        }

        _kill.CloseBefore(record);
        _group.CloseBefore(record);
        ReadOnlySpan<byte> text = record.Text;
        if (text.StartsWith(OomKillLine.Start))
        {
            _kill.Begin(record);
            _group.Clear();
            ForgetConstraint();
            _shownUs[_nextShown] = record.TimeUs;
            _nextShown = (_nextShown + 1) % RateBurst;
        }
        else if (text.StartsWith(GroupStart))
        {
            _group.Begin(record);
        }
        else if (KilledLine.TryParse(text, out KilledLine killed))
        {
            return VictimOf(killed, record.TimeUs, nowNs);
        }

        return null;
    }

    private void ForgetConstraint()
    {
        _constraint = OomConstraint.Unknown;
        _limitedCgroup = null;
    }

    private OomVictim VictimOf(in KilledLine killed, long timeUs, long nowNs)
    {
        string? cgroup = null;
        if (!_kill.IsEmpty && OomKillLine.TryParse(_kill.Text, killed.Pid, killed.Name, out OomKillLine line))
        {
            cgroup = KernelLogText.Decode(line.TaskCgroup);
            _constraint = line.Constraint;
            _limitedCgroup = line.LimitedCgroup.IsEmpty ? null : KernelLogText.Decode(line.LimitedCgroup);
            _group.Clear();
        }
        else if (!MayBeSuppressed(timeUs, nowNs) && GroupCgroup() is { } group)
        {
            // Each victim of the group has this line, and only the first one has the line oom-kill:.
            cgroup = group;
        }
        else
        {
            // Its line oom-kill: was suppressed, or was about another process.
            ForgetConstraint();
            _group.Clear();
        }

        _kill.Clear();
        return new OomVictim(killed.Pid, KernelLogText.Decode(killed.Name), killed.RssBytes, killed.OomScoreAdj, nowNs)
        {
            Cgroup = cgroup,
            Constraint = _constraint,
            LimitedCgroup = _limitedCgroup,
        };
    }

    /// <summary>
    /// Whether the kernel may have suppressed a line oom-kill:, so that the cgroup of the next victim is unknown. This is not possible if
    /// fewer than <see cref="RateBurst"/> such lines were logged in the interval.
    /// </summary>
    private bool MayBeSuppressed(long timeUs, long nowNs)
    {
        if (_isWindowUnknown && nowNs < _windowKnownFromNs) return true;
        _isWindowUnknown = false;
        return timeUs - _shownUs[_nextShown] < RateIntervalUs;
    }

    private string? GroupCgroup()
    {
        ReadOnlySpan<byte> text = _group.Text;
        return !_group.IsEmpty && text.EndsWith(GroupEnd) && text[GroupStart.Length] == (byte)'/'
            ? KernelLogText.Decode(text[GroupStart.Length..^GroupEnd.Length])
            : null;
    }
}
