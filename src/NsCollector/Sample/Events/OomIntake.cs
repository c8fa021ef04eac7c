using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Oom;

namespace NsCollector.Sample.Events;

/// <summary>
/// Assigns the victims in the kernel's log to the OOM kills that a container's cgroup has counted, and passes them on: a point for
/// each victim, and one for the kills that the log does not describe. The sum of <c>kills</c> is the count of the cgroup. For the
/// sampling thread.
/// </summary>
/// <param name="readings">Parses the files that the watch has read.</param>
/// <param name="hostMemory">Reads the host's memory.</param>
/// <param name="log">The victims; null if the log is not read.</param>
/// <param name="arePidsInitial">Whether the pids of exits are those of the initial pid namespace, as in the log.</param>
/// <param name="consumer">Receives the points.</param>
internal sealed class OomIntake(EventParser readings, HostMemoryAtOom hostMemory, OomLog? log, bool arePidsInitial, ISampleConsumer consumer)
{
    /// <summary>
    /// Maximum time that OOM kills wait for the log: __oom_kill_process (mm/oom_kill.c) logs a kill some microseconds after it counts
    /// it, or later if it is preempted in between.
    /// </summary>
    private const long WaitNs = 100_000_000;

    /// <summary>Maximum notifications that wait; a further one replaces the oldest.</summary>
    private const int MaxPending = 1024;

    private const int SigKill = 9;

    private readonly Queue<PendingOom> _pending = new();

    // OomLog.Found at the time of the last comparison of pending notifications with the victims.
    private long _compared;

    /// <summary>When the wait of the oldest ends, on the monotonic clock; <see cref="long.MaxValue"/> if none waits.</summary>
    internal long DueNs => _pending.TryPeek(out PendingOom? oldest) ? oldest.SinceNs + WaitNs : long.MaxValue;

    /// <summary>Passes OOM kills on, or queues them if the log does not have all victims yet.</summary>
    /// <param name="oom">The OOM kills.</param>
    /// <param name="limits">The limits as last read, if a cgroup that was not read for this event may set the limit; else null.</param>
    /// <param name="last">The last sample of the container; null if there is none.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void Process(ContainerOom oom, ReadingSet? limits, ReadingSet? last, long nowNs)
    {
        OomSample sample = readings.ParseOom(oom, limits, last, nowNs);
        hostMemory.Read(sample.Readings, nowNs);
        if (log is null)
        {
            consumer.AcceptOom(oom.Container, sample);
            return;
        }

        // Process pending notifications first: the older victims of this container belong to them.
        ProcessPending(nowNs);
        var next = new PendingOom(oom, sample.Copy(), nowNs);
        next.ClaimFrom(log);
        if (next.Missing == 0)
        {
            HandOver(next);
            return;
        }

        if (_pending.Count >= MaxPending) HandOver(_pending.Dequeue());
        _pending.Enqueue(next);
    }

    /// <summary>Reads the log, and passes on the notifications that have all victims or have waited long enough.</summary>
    /// <param name="nowNs">The monotonic clock; <see cref="long.MaxValue"/> ends all waits.</param>
    /// <returns>Whether there was one.</returns>
    internal bool ProcessPending(long nowNs)
    {
        log?.ReadNew(nowNs == long.MaxValue ? Linux.SystemClock.MonotonicNs() : nowNs);
        if (log is null || log.Found == _compared) return HandOverDue(nowNs);
        _compared = log.Found;
        bool any = false;
        for (int left = _pending.Count; left > 0; left--)
        {
            PendingOom oldest = _pending.Dequeue();
            oldest.ClaimFrom(log);
            if (oldest.Missing > 0 && nowNs < oldest.SinceNs + WaitNs)
            {
                _pending.Enqueue(oldest);
                continue;
            }

            HandOver(oldest);
            any = true;
        }

        return any;
    }

    // Without new victims, no pending notification can get one.
    private bool HandOverDue(long nowNs)
    {
        bool any = false;
        while (nowNs >= DueNs && _pending.TryDequeue(out PendingOom? oldest))
        {
            HandOver(oldest);
            any = true;
        }

        return any;
    }

    /// <summary>
    /// The exit reason of a container. If SIGKILL ended its init process, or if the kernel did not report its status (before 6.15), the
    /// log decides whether that was the victim of an OOM kill.
    /// </summary>
    /// <param name="exit">The exit.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>The reason; if the log is not complete, the reason by the count of OOM kills.</returns>
    internal ExitReason ReasonOf(ContainerExit exit, long nowNs)
    {
        if (log is null || !arePidsInitial || exit is not { ExitCode: null, ExitSignal: SigKill or null, InitPid: > 0 }) return exit.Reason;
        bool? wasVictim = log.WasVictim(exit.InitPid, exit.InitFoundNs, nowNs);
        if (wasVictim == true) return ExitReason.Oom;

        // The kernel did not report how it ended.
        if (exit.ExitSignal is null) return exit.Reason;

        // The kernel logs a kill after it, so the line may still follow.
        if (_pending.Count > 0) ProcessPending(nowNs);
        return wasVictim == false && !IsPending(exit.Container.Key) ? ExitReason.Signal : exit.Reason;
    }

    private bool IsPending(long key)
    {
        foreach (PendingOom pending in _pending)
        {
            if (pending.Oom.Container.Key == key) return true;
        }

        return false;
    }

    private static void Describe(OomSample sample, OomVictim victim, Container container)
    {
        sample.Readings.Set(Reading.OomVictimPid, victim.Pid);
        if (victim.RssBytes is { } rss) sample.Readings.Set(Reading.OomVictimRssBytes, rss);
        if (victim.OomScoreAdj is { } adj) sample.Readings.Set(Reading.OomVictimScoreAdj, adj);
        sample.Texts.Add(ContainerOomFields.VictimName, victim.Name);
        string? constraint = ConstraintOf(victim, container);
        sample.Texts.Add(ContainerOomFields.Constraint, constraint);
        if (constraint is not null && victim.LimitedCgroup != container.CgroupPath) sample.Texts.Add(ContainerOomFields.ConstraintCgroup, victim.LimitedCgroup);
    }

    private static string? ConstraintOf(OomVictim victim, Container container) => victim.Constraint switch
    {
        OomConstraint.Host => "host",
        OomConstraint.Cpuset => "cpuset",
        OomConstraint.MemoryPolicy => "memory_policy",
        OomConstraint.Cgroup when victim.LimitedCgroup is { } limited => limited == container.CgroupPath || CgroupPaths.IsBelow(limited, container.CgroupPath)
            ? "container"
            : CgroupPaths.IsBelow(container.CgroupPath, limited) ? "ancestor" : null,
        _ => null,
    };

    private void HandOver(PendingOom pending)
    {
        OomSample sample = pending.Sample;
        Container container = pending.Oom.Container;
        foreach ((OomVictim victim, long kills) in pending.Victims)
        {
            ForgetVictim(sample);
            sample.Readings.Set(Reading.OomKills, kills);
            Describe(sample, victim, container);
            consumer.AcceptOom(container, sample);
        }

        if (pending.Missing == 0) return;
        ForgetVictim(sample);
        sample.Readings.Set(Reading.OomKills, pending.Missing);
        consumer.AcceptOom(container, sample);
    }

    private static void ForgetVictim(OomSample sample)
    {
        sample.Texts.Clear();
        for (Reading reading = Reading.OomVictimPid; reading <= Reading.OomVictimScoreAdj; reading++) sample.Readings.Remove(reading);
    }
}
