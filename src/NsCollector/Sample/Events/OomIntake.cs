using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Oom;

namespace NsCollector.Sample.Events;

/// <summary>
/// Joins the OOM kills that a container's cgroup has counted with the victims in the kernel's log, and hands them over: a point for
/// each victim, and one for the kills that the log does not describe. Their kills add up to what the cgroup has counted. For the
/// sampling thread.
/// </summary>
/// <param name="readings">Parses what the watch has read.</param>
/// <param name="hostMemory">Reads the host's memory.</param>
/// <param name="log">The victims; null if the log is not read.</param>
/// <param name="arePidsInitial">Whether the pids of exits are those of the initial pid namespace, as in the log.</param>
/// <param name="consumer">Receives the points.</param>
internal sealed class OomIntake(EventParser readings, HostMemoryAtOom hostMemory, OomLog? log, bool arePidsInitial, ISampleConsumer consumer)
{
    /// <summary>
    /// How long OOM kills wait at most: __oom_kill_process (mm/oom_kill.c) counts a kill some microseconds before it logs it, or later
    /// if the processor is taken away from it between the two.
    /// </summary>
    private const long WaitNs = 100_000_000;

    /// <summary>Maximum that wait; further ones push out the oldest.</summary>
    private const int MaxPending = 1024;

    private const int SigKill = 9;

    private readonly Queue<PendingOom> _pending = new();

    // OomLog.Found when those that wait were last compared with the victims.
    private long _compared;

    /// <summary>When the oldest has waited long enough, on the monotonic clock; <see cref="long.MaxValue"/> if none waits.</summary>
    internal long DueNs => _pending.TryPeek(out PendingOom? oldest) ? oldest.SinceNs + WaitNs : long.MaxValue;

    /// <summary>Hands over OOM kills, or queues them if the log does not have all victims yet.</summary>
    /// <param name="oom">The OOM kills.</param>
    /// <param name="limits">As last read, if a cgroup whose texts were not read may set the limit; else null.</param>
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

        // Those that wait come first: an older victim of this container is one of theirs.
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

    /// <summary>Reads the log, and hands over what waited if its victims are known or it has waited long enough.</summary>
    /// <param name="nowNs">On the monotonic clock; <see cref="long.MaxValue"/>: none waits any longer.</param>
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

    // Without new victims, nothing that waits can have one more.
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
    /// How the init process of a container ended: if SIGKILL ended it, or if the kernel did not report its status (before 6.15), the
    /// log says whether it was the victim of an OOM kill.
    /// </summary>
    /// <param name="exit">The exit.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>What the count of OOM kills says, if the log does not tell.</returns>
    internal ExitReason ReasonOf(ContainerExit exit, long nowNs)
    {
        if (log is null || !arePidsInitial || exit is not { ExitCode: null, ExitSignal: SigKill or null, InitPid: > 0 }) return exit.Reason;
        bool? wasVictim = log.WasVictim(exit.InitPid, exit.InitFoundNs, nowNs);
        if (wasVictim == true) return ExitReason.Oom;

        // The kernel did not report how it ended.
        if (exit.ExitSignal is null) return exit.Reason;

        // The kernel kills a process before it logs that.
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
