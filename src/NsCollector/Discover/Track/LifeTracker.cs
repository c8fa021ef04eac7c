using System.Collections.Concurrent;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Life;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// Follows the lives of containers by the watch, and decides when one has ended: when no process is left in its cgroup, or
/// its cgroup is gone. Publishes one exit for each life.
/// </summary>
/// <remarks>For the discovery thread; <see cref="SetFinalCounterSource"/> may be called by any thread.</remarks>
/// <param name="watch">Reports exits and OOM kills.</param>
/// <param name="records">The containers, by key.</param>
/// <param name="initProcess">Distinguishes helpers of a runtime from init.</param>
/// <param name="filter">Which containers are excluded.</param>
/// <param name="events">Receives exits and OOM kills.</param>
/// <param name="counters">Counts exits.</param>
internal sealed class LifeTracker(
    IContainerWatch watch, Dictionary<long, ContainerRecord> records, InitProcess initProcess, ContainerFilter filter, EventQueue events, AgentCounters counters)
{
    /// <summary>
    /// How long after the exit of its main process a container counts as ending although other processes are left, in
    /// milliseconds: runtimes kill those at once. After that it lives on (a daemon whose first process only starts it).
    /// </summary>
    private const long OutliveMs = 10_000;

    /// <summary>How long the watch's report is waited for after the cgroup is gone, in milliseconds.</summary>
    private const long WatchLateMs = 1_000;

    /// <summary>
    /// How long the exit status is waited for, in milliseconds. It comes when the runtime reaps the process: within
    /// milliseconds or, on an overloaded host, within seconds.
    /// </summary>
    private const long StatusLateMs = 10_000;

    /// <summary>Maximum OOM events queued for a container whose name is not known yet; further ones are published without it.</summary>
    private const int MaxNamelessOoms = 64;

    /// <summary>How long a helper's exit does not count as the container's although the cgroup is empty, in milliseconds.</summary>
    private const long HelperMs = 1_000;

    /// <summary>
    /// Maximum time between an OOM kill and an exit that it caused, in nanoseconds: if the child of a shell is killed, the shell
    /// ends a moment later.
    /// </summary>
    private const long OomBeforeExitNs = 1_000_000_000;

    /// <summary>
    /// Maximum time after the exit at which it may be reported, in nanoseconds. The watch checks for OOM kills before it reports an exit
    /// (native/watch_exit.c), so this only allows for a clock that is read later.
    /// </summary>
    private const long OomAfterExitNs = 100_000_000;

    private const int SigKill = 9, ShellsSigKill = 128 + SigKill;

    private readonly ConcurrentDictionary<long, int> _handles = new();

    /// <summary>Starts to watch a container: from now on its OOM kills are reported.</summary>
    internal void Watch(ContainerRecord record)
    {
        if (record.Life.Handle >= 0) return;
        long nowNs = SystemClock.MonotonicNs();
        int handle = watch.Add(record.Key, record.Path);
        if (handle < 0)
        {
            counters.Add(AgentCounter.WatchErrors);
            return;
        }

        record.Life.Handle = handle;
        record.Life.WatchedSinceNs = nowNs;
        _handles[record.Key] = handle;
        if (record.Init is not null) Follow(record);
    }

    /// <summary>Stops watching a container.</summary>
    internal void Unwatch(ContainerRecord record)
    {
        if (record.Life.Handle < 0) return;
        watch.Remove(record.Life.Handle, record.Key);
        record.Life.Handle = -1;
        _handles.TryRemove(record.Key, out _);
    }

    /// <summary>Follows the container's init process, which was found or has changed.</summary>
    internal void Follow(ContainerRecord record)
    {
        ContainerLife life = record.Life;
        if (record.Init is not { } init || life.Handle < 0) return;
        watch.Recheck(life.Handle, record.Key);
        if (life.EndedMs is not null && !life.MainIsHelper)
        {
            // A process that outlives the main process is no new life; one that comes after the last process is, and so is
            // a second process 1.
            if (!life.IsEmpty && !(record.InitIsNamespaceInit && life.MainIsNamespaceInit)) return;
            PublishExit(record);
        }

        life.Followed++;
        if (!life.HasBegun || life.MainIsHelper || (record.InitIsNamespaceInit && !life.MainIsNamespaceInit)) SetMain(record, init);
        int result = watch.Follow(life.Handle, record.Key, life.Followed, init.Pid, init.Descriptor, record.InitIsNamespaceInit);

        // Ended and reaped meanwhile: the next poll finds another process, or an empty cgroup.
        record.MustPoll = result == -Errno.ESRCH;
        if (result is < 0 and not -Errno.ESRCH) counters.Add(AgentCounter.WatchErrors);
    }

    /// <summary>Checks again whether the followed process is a helper of the runtime: init has a helper's name for an instant.</summary>
    internal void RecheckHelper(ContainerRecord record)
    {
        ContainerLife life = record.Life;
        if (life.MainIsHelper && life.HasBegun && life.Main == life.Followed && life.EndedMs is null && record.Init is { } init)
            life.MainIsHelper = initProcess.IsHelper(init);
    }

    /// <summary>Processes what the watch has reported. Allocates per report.</summary>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="toPoll">Receives the containers whose processes must be polled.</param>
    internal void ProcessReports(long nowMs, List<ContainerRecord> toPoll)
    {
        while (watch.TryDequeue(out WatchRecord report))
        {
            if (!records.TryGetValue(report.Key, out ContainerRecord? record) || record.Life.Handle < 0) continue;
            switch (report.Kind)
            {
                case WatchRecordKind.Exited: OnExited(record, report, nowMs, toPoll); break;
                case WatchRecordKind.Emptied: OnEmptied(record, report, nowMs); break;
                case WatchRecordKind.Status when report.Life == record.Life.Main: record.Life.Status = report.Status; break;
                case WatchRecordKind.Populated: toPoll.Add(record); break;
                case WatchRecordKind.Oom: OnOom(record, report); break;
            }
        }
    }

    /// <summary>Publishes the exit of a container that has ended, once its name and exit status are known or have been waited for.</summary>
    /// <param name="record">A container.</param>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="nameMayCome">Whether its name is not known yet and may still come.</param>
    /// <param name="hurry">Whether to wait for nothing more, because the agent stops.</param>
    /// <returns>Whether nothing is left to publish.</returns>
    internal bool TryPublishEnd(ContainerRecord record, long nowMs, bool nameMayCome, bool hurry = false)
    {
        ContainerLife life = record.Life;
        bool isGone = record.GoneSinceMs is not null;
        if (record.Identity is not null || !nameMayCome) PublishOoms(record);
        if (!life.HasBegun) return life.Ooms.Count == 0;
        if (life.EndedMs is null)
        {
            if (!isGone) return true;
            if (!hurry && life.Handle >= 0 && nowMs < record.GoneSinceMs + WatchLateMs) return false;
            SetEndedNow(life, nowMs);
        }

        if (!life.IsEmpty && !isGone)
        {
            if (nowMs < life.EndedMs + OutliveMs) return false;
            life.ClearExit();
            life.MainIsHelper = true;
            Follow(record);
            return true;
        }

        if (!hurry && !isGone && life.MainIsHelper && nowMs < life.EndedMs + HelperMs) return false;
        if (!hurry && life is { Status: null, StatusFollows: true } && nowMs < life.EndedMs + StatusLateMs) return false;
        if (!hurry && nameMayCome) return false;
        PublishExit(record);
        return true;
    }

    /// <summary>
    /// Whether the filters exclude a container only because its name was never known: it was born while the agent ran and
    /// ended before its name could be read.
    /// </summary>
    internal bool IsExcludedWithoutItsName(ContainerRecord record) =>
        record is { IsIncluded: false, IsDuplicate: false, ExistedAtStart: false } && record.Known?.Name is null
        && RuntimeTable.Of(record.Recognised.Runtime).Names == NameSource.State && filter.MayInclude(record.Recognised.Runtime, record.Recognised.Id) && !HasIdOfAnother(record);

    /// <summary>Sets where the final network counters of a container are read. Any thread may call it.</summary>
    internal void SetFinalCounterSource(long key, FinalCounterSource? source)
    {
        if (_handles.TryGetValue(key, out int handle)) watch.SetFinalCounterSource(handle, key, source);
    }

    private static void SetEndedNow(ContainerLife life, long nowMs)
    {
        life.EndedMs = nowMs;
        life.EndedRealtimeNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        life.EndedBoottimeNs = 0;
    }

    private void SetMain(ContainerRecord record, ProcessDirectory process)
    {
        ContainerLife life = record.Life;
        bool isNew = !life.HasBegun;
        life.ClearExit();
        life.Main = life.Followed;
        life.MainIsNamespaceInit = record.InitIsNamespaceInit;
        life.MainIsHelper = !record.InitIsNamespaceInit && initProcess.IsHelper(process);
        life.MainStartedBoottimeNs = process.StartedBoottimeNs;
        life.MainPid = process.Pid;
        life.MainFoundNs = SystemClock.MonotonicNs();
        if (isNew && !record.ExistedAtStart) counters.Add(AgentCounter.ContainersBorn);
    }

    private void OnExited(ContainerRecord record, WatchRecord report, long nowMs, List<ContainerRecord> toPoll)
    {
        ContainerLife life = record.Life;
        if (report.Life != life.Main && report.Life != life.Followed) return;
        if (life.EndedMs is null)
        {
            // Or of the process followed instead: then the watch reports nothing more about the main process.
            if (life.Main != report.Life) life.MainPid = 0;
            life.Main = report.Life;
            life.EndedMs = nowMs;
            life.EndedRealtimeNs = report.RealtimeNs;
            life.EndedBoottimeNs = report.BoottimeNs;
            life.Status = report.Status;
            life.StatusFollows = report.StatusFollows;
        }

        life.Texts = report.Texts;
        life.IsEmpty = report.IsEmpty;

        // A process born after the last one was found before this report was processed, and is followed: another life.
        if (life.IsEmpty && report.Life == life.Main && life.Main != life.Followed && record.Init is { } next)
        {
            PublishExit(record);
            SetMain(record, next);
        }

        toPoll.Add(record);
    }

    private static void OnEmptied(ContainerRecord record, WatchRecord report, long nowMs)
    {
        ContainerLife life = record.Life;
        if (!life.HasBegun) return;
        if (life.EndedMs is null) SetEndedNow(life, nowMs);

        // Only the helper was seen: init came and went after it, and exited last.
        if (life.MainIsHelper) life.EndedRealtimeNs = report.RealtimeNs;
        life.IsEmpty = true;

        // When process 1 of a pid namespace exits, all others of it have exited. That the cgroup is empty is reported a moment
        // later, when its files may be gone.
        if (life.MainIsNamespaceInit && life.Texts.IsComplete && !report.Texts.IsComplete) return;
        life.Texts = report.Texts;
    }

    private void OnOom(ContainerRecord record, WatchRecord report)
    {
        record.Life.OomBoottimeNs = report.BoottimeNs;

        // Without a name it would be published under the id, as a series of its own.
        record.Life.Ooms.Enqueue(report);
        if (record.Identity is not null || record.Life.Ooms.Count > MaxNamelessOoms) PublishOoms(record);
    }

    /// <summary>Publishes the queued OOM events, under the names that are known now.</summary>
    private void PublishOoms(ContainerRecord record)
    {
        while (record.Life.Ooms.TryDequeue(out WatchRecord? report))
        {
            if (IsReported(record)) events.Add(new ContainerOom(ContainerOf(record), report.RealtimeNs, report.Texts, report.OomKills) { WatchedSinceNs = record.Life.WatchedSinceNs });
        }
    }

    private void PublishExit(ContainerRecord record)
    {
        PublishOoms(record);
        ContainerLife life = record.Life;
        bool isFinal = life.IsEmpty && life.Texts.IsComplete;
        if (IsReported(record))
        {
            counters.Add(AgentCounter.ContainersEnded);
            if (!isFinal) counters.Add(AgentCounter.ExitsNotFinal);

            // The lifetime and status of a helper are not those of init, which was never seen.
            long? lifetimeNs = life is { MainIsHelper: false, MainStartedBoottimeNs: > 0, EndedBoottimeNs: > 0 } && life.EndedBoottimeNs >= life.MainStartedBoottimeNs
                ? life.EndedBoottimeNs - life.MainStartedBoottimeNs
                : null;

            // wait(2): the low seven bits are the signal; 0 means that it exited, with the second byte as its code.
            int? waitStatus = life.MainIsHelper ? null : life.Status;
            int? signal = waitStatus is { } status && (status & 0x7F) != 0 ? status & 0x7F : null;
            int? code = waitStatus is { } returned && (returned & 0x7F) == 0 ? (returned >> 8) & 0xFF : null;
            events.Add(new ContainerExit(ContainerOf(record), life.EndedRealtimeNs, life.Texts, lifetimeNs, code, signal, isFinal)
            {
                IsEmpty = life.IsEmpty,
                Reason = ReasonOf(life, code, signal),
                InitPid = life.MainIsHelper ? 0 : life.MainPid,
                InitFoundNs = life.MainFoundNs,
            });
        }
        else if (IsExcludedWithoutItsName(record))
        {
            counters.Add(AgentCounter.ContainersMissed);
        }

        life.End();
    }

    private static ExitReason ReasonOf(ContainerLife life, int? code, int? signal)
    {
        if (code is null && signal is null) return ExitReason.Unknown;
        bool isKill = signal == SigKill || code == ShellsSigKill;
        if (isKill && life is { OomBoottimeNs: > 0, EndedBoottimeNs: > 0 }
            && life.EndedBoottimeNs - life.OomBoottimeNs is >= -OomAfterExitNs and <= OomBeforeExitNs)
        {
            return ExitReason.Oom;
        }

        return signal is null ? ExitReason.Exited : ExitReason.Signal;
    }

    /// <summary>Whether its events are published. If it ended before its identity was composed, the names known now decide.</summary>
    private bool IsReported(ContainerRecord record) =>
        !record.IsDuplicate && (record.Identity is null ? filter.Includes(record.ComposeIdentity()) : record.IsIncluded) && !HasIdOfAnother(record);

    /// <summary>
    /// Whether a record that was never published has the id of a live container: a container to which cgroups were delegated
    /// may name one after another container, whose exit this is not.
    /// </summary>
    private bool HasIdOfAnother(ContainerRecord record)
    {
        if (record.Published is not null || !OciId.Is(record.Recognised.Id)) return false;
        foreach (ContainerRecord other in records.Values)
        {
            if (other != record && other is { GoneSinceMs: null, Published: not null } && other.Recognised.Runtime == record.Recognised.Runtime
                && other.Recognised.Id == record.Recognised.Id)
            {
                return true;
            }
        }

        return false;
    }

    private static Container ContainerOf(ContainerRecord record) =>
        record.Published ?? record.ToContainer(record.Identity ?? record.ComposeIdentity());
}
