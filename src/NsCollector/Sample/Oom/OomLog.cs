using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.KernelLog;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Oom;

/// <summary>
/// The last victims of OOM kills on this host, from the kernel's log. The log is read in each cycle and at each OOM kill, from the end of
/// the previous read. For the sampling thread. Without new records, a read is one system call.
/// </summary>
internal sealed class OomLog : IDisposable
{
    /// <summary>Maximum number of victims that are kept.</summary>
    internal const int MaxVictims = 256;

    // About a microsecond each.
    private const int MaxRecordsAtOnce = 4096;

    // The exit of a process that was killed longer ago has been reported.
    private const long MaxExitDelayNs = 30_000_000_000;

    private readonly KernelLogReader _reader;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly bool _isV2;
    private readonly OomLineParser _parser = new();

    // _next is the oldest.
    private readonly OomVictim?[] _victims = new OomVictim?[MaxVictims];
    private int _next;

    // The time since which no line was lost, and whether the last read reached the end of the log.
    private long _completeSinceNs;
    private bool _isAtEnd = true;

    private OomLog(KernelLogReader reader, bool isV2, AgentCounters counters, RateLimitedLog log, long nowNs)
    {
        _reader = reader;
        _isV2 = isV2;
        _counters = counters;
        _log = log;
        _completeSinceNs = nowNs;
        _parser.Restart(nowNs);
    }

    /// <summary>How many victims were found since the log was opened.</summary>
    internal long Found { get; private set; }

    /// <summary>Opens the kernel's log.</summary>
    /// <param name="mode">Whether to open it.</param>
    /// <param name="isV2">Whether the memory controller is on cgroup v2, where a cgroup also counts the kills in the cgroups below it.</param>
    /// <param name="counters">Counts overruns of the log.</param>
    /// <param name="logger">Receives the reason if it cannot be opened.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>Null if the log is off, or cannot be opened.</returns>
    internal static OomLog? Open(OomVictimMode mode, bool isV2, AgentCounters counters, ILogger logger, long nowNs)
    {
        if (mode == OomVictimMode.Off) return null;
        var log = new RateLimitedLog(logger);
        if (KernelLogReader.OpenAtEnd(out int error) is { } reader) return new OomLog(reader, isV2, counters, log, nowNs);
        string message = $"Cannot open {KernelLogReader.Device} ({Errno.Name(-error)}), so container_oom does not say which process was killed. `nscollector check` reports what to grant; cgroup.oom_victims = off turns this message off.";
        if (mode == OomVictimMode.On) log.Warning("kernel log", message);
        else log.Information("kernel log", message);
        return null;
    }

    /// <summary>Reads the records that were logged since the last call, up to a bound.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void ReadNew(long nowNs)
    {
        _isAtEnd = false;
        for (int i = 0; i < MaxRecordsAtOnce; i++)
        {
            switch (_reader.Read(out KernelLogRecord record))
            {
                case KernelLogRead.Record:
                    if (_parser.Parse(record, nowNs) is { } victim) Add(victim);
                    break;
                case KernelLogRead.Overrun:
                    _counters.Add(AgentCounter.KernelLogOverruns);
                    _completeSinceNs = nowNs;
                    _parser.Restart(nowNs);
                    _log.Warning("kernel log overrun", "The kernel's log was overwritten before the agent read it, so the victims of some OOM kills are unknown. Find out what fills the log (dmesg), or enlarge it (log_buf_len= on the kernel's command line).");
                    break;
                case KernelLogRead.Skipped:
                    break;
                case KernelLogRead.Failed:
                    _counters.Add(AgentCounter.ReadErrors);
                    _completeSinceNs = nowNs;
                    return;
                default:
                    _isAtEnd = true;
                    return;
            }
        }
    }

    /// <summary>
    /// Finds the oldest victim in a container that is not assigned to one of its kills yet, and assigns it. Call <see cref="ReadNew"/> first.
    /// </summary>
    /// <param name="container">The container.</param>
    /// <param name="watchedSinceNs">The time from which its kills are counted, on the monotonic clock.</param>
    /// <returns>Null if the log has no such victim, or no longer has it.</returns>
    internal OomVictim? Claim(Container container, long watchedSinceNs)
    {
        for (int i = 0; i < MaxVictims; i++)
        {
            if (_victims[(_next + i) % MaxVictims] is not { Cgroup: { } cgroup } victim || victim.SeenNs < watchedSinceNs) continue;
            bool isCounted = cgroup == container.CgroupPath || (_isV2 && CgroupPaths.IsBelow(cgroup, container.CgroupPath));
            if (isCounted && victim.TryClaim(container.Key)) return victim;
        }

        return null;
    }

    /// <summary>Finds the OOM kill of a process. Reads the log first.</summary>
    /// <param name="pid">Its pid in the initial pid namespace, which may be reused.</param>
    /// <param name="sinceNs">The line must have been read after this time, on the monotonic clock; the start of the process or later.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>The victim; null if the log does not have it. The process may still have been killed, because the log may have been overwritten.</returns>
    internal OomVictim? FindVictim(int pid, long sinceNs, long nowNs)
    {
        ReadNew(nowNs);
        for (int i = 1; i <= MaxVictims; i++)
        {
            if (_victims[(_next + MaxVictims - i) % MaxVictims] is not { } victim || victim.SeenNs < sinceNs) return null;
            if (victim.Pid == pid) return victim;
        }

        return null;
    }

    /// <summary>Whether a process that has exited was the victim of an OOM kill. Reads the log first.</summary>
    /// <param name="pid">Its pid in the initial pid namespace.</param>
    /// <param name="sinceNs">When it was found alive, on the monotonic clock.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>Null if the log does not have the kill, but lines may be missing.</returns>
    internal bool? WasVictim(int pid, long sinceNs, long nowNs)
    {
        if (FindVictim(pid, sinceNs, nowNs) is not null) return true;
        return _isAtEnd && _completeSinceNs <= Math.Max(sinceNs, nowNs - MaxExitDelayNs) ? false : null;
    }

    /// <summary>Closes the log.</summary>
    public void Dispose() => _reader.Dispose();

    private void Add(OomVictim victim)
    {
        if (_victims[_next] is { } forgotten) _completeSinceNs = Math.Max(_completeSinceNs, forgotten.SeenNs + 1);
        _victims[_next] = victim;
        _next = (_next + 1) % MaxVictims;
        Found++;
    }
}
