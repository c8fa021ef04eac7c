using System.Collections.Concurrent;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Life;

/// <summary>
/// Follows the lives of containers by the watch, and decides when one has ended: when no process is left in its cgroup, or
/// its cgroup is gone. Each life is told once.
/// </summary>
/// <remarks>For the discovery thread, but for <see cref="SetNetworkEnd"/>.</remarks>
/// <param name="watch">Tells of ends and of lack of memory.</param>
/// <param name="records">The containers, by key.</param>
/// <param name="initProcess">Tells helpers of a runtime from init.</param>
/// <param name="filter">Which containers nothing is told of.</param>
/// <param name="events">Where it tells what happened.</param>
/// <param name="counters">Counts ends.</param>
internal sealed class ContainerLives(
    IContainerWatch watch, Dictionary<long, ContainerRecord> records, InitProcess initProcess, ContainerFilter filter, EventQueue events, AgentCounters counters)
{
    /// <summary>
    /// So long the end of the main process is held to be the end of the container although others outlive it: runtimes kill
    /// those at once. After that the container lives on by them (a daemon whose first process only starts it).
    /// </summary>
    private const long OutliveMs = 10_000;

    /// <summary>So long the watch's word on a container is waited for whose cgroup is gone already.</summary>
    private const long WatchLateMs = 1_000;

    /// <summary>
    /// So long the exit status is waited for, which comes when the runtime reaps the process: within milliseconds, or on a
    /// host that is overrun, where the runtime itself waits for a processor, within seconds.
    /// </summary>
    private const long StatusLateMs = 10_000;

    /// <summary>So many words of lack of memory wait for a container's name at the most; what is more is told without it.</summary>
    private const int MaxNamelessOoms = 64;

    /// <summary>So long a helper's end is not taken for the container's, although nothing else is in the cgroup.</summary>
    private const long HelperMs = 1_000;

    private readonly ConcurrentDictionary<long, int> _handles = new();

    /// <summary>Takes a container in: from now on its lack of memory is told.</summary>
    internal void Watch(ContainerRecord record)
    {
        if (record.Life.Handle >= 0) return;
        int handle = watch.Add(record.Key, record.Path);
        if (handle < 0)
        {
            counters.Add(AgentCounter.WatchErrors);
            return;
        }

        record.Life.Handle = handle;
        _handles[record.Key] = handle;
        if (record.Init is not null) Follow(record);
    }

    /// <summary>Lets go of it.</summary>
    internal void Unwatch(ContainerRecord record)
    {
        if (record.Life.Handle < 0) return;
        watch.Remove(record.Life.Handle, record.Key);
        record.Life.Handle = -1;
        _handles.TryRemove(record.Key, out _);
    }

    /// <summary>Its init process is another one, or was found: it is followed from now on.</summary>
    internal void Follow(ContainerRecord record)
    {
        ContainerLife life = record.Life;
        if (record.Init is not { } init || life.Handle < 0) return;
        watch.Complete(life.Handle, record.Key);
        if (life.EndedMs is not null && !life.MainIsHelper)
        {
            // What outlives the main process is no new life. A process after the last one is; and so is a second process 1.
            if (!life.IsEmpty && !(record.InitIsNamespaceInit && life.MainIsNamespaceInit)) return;
            Tell(record);
        }

        life.Followed++;
        if (!life.HasBegun || life.MainIsHelper || (record.InitIsNamespaceInit && !life.MainIsNamespaceInit)) BecomeMain(record, init);
        int result = watch.Follow(life.Handle, record.Key, life.Followed, init.Pid, init.Descriptor, record.InitIsNamespaceInit);

        // That it has ended and was reaped meanwhile is an answer: the next look finds another, or the cgroup empty.
        record.MustLook = result == -Errno.ESRCH;
        if (result is < 0 and not -Errno.ESRCH) counters.Add(AgentCounter.WatchErrors);
    }

    /// <summary>What is followed was looked at again: it may have been taken for a helper by a name that init has for an instant.</summary>
    internal void LookAgain(ContainerRecord record)
    {
        ContainerLife life = record.Life;
        if (life.MainIsHelper && life.HasBegun && life.Main == life.Followed && life.EndedMs is null && record.Init is { } init)
            life.MainIsHelper = initProcess.IsHelper(init);
    }

    /// <summary>Takes what the watch has to tell. Allocates by what happened.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="toLookAt">Receives the containers whose processes are to be looked for soon.</param>
    internal void Take(long nowMs, List<ContainerRecord> toLookAt)
    {
        while (watch.TryTake(out WatchRecord told))
        {
            if (!records.TryGetValue(told.Key, out ContainerRecord? record) || record.Life.Handle < 0) continue;
            switch (told.Kind)
            {
                case WatchRecordKind.Exited: Exited(record, told, nowMs, toLookAt); break;
                case WatchRecordKind.Emptied: Emptied(record, told, nowMs); break;
                case WatchRecordKind.Status when told.Life == record.Life.Main: record.Life.Status = told.Status; break;
                case WatchRecordKind.Populated: toLookAt.Add(record); break;
                case WatchRecordKind.Oom: OutOfMemory(record, told); break;
            }
        }
    }

    /// <summary>Tells of an end that has come, once all is known that will be.</summary>
    /// <param name="record">A container.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="nameMayCome">Whether its name is not known yet and may still be.</param>
    /// <param name="hurry">Whether nothing more is waited for: the agent ends.</param>
    /// <returns>Whether nothing is left to be told of it.</returns>
    internal bool TryTell(ContainerRecord record, long nowMs, bool nameMayCome, bool hurry = false)
    {
        ContainerLife life = record.Life;
        bool isGone = record.GoneSinceMs is not null;
        if (record.Identity is not null || !nameMayCome) TellOoms(record);
        if (!life.HasBegun) return life.Ooms.Count == 0;
        if (life.EndedMs is null)
        {
            if (!isGone) return true;
            if (!hurry && life.Handle >= 0 && nowMs < record.GoneSinceMs + WatchLateMs) return false;
            EndedUnseen(life, nowMs);
        }

        if (!life.IsEmpty && !isGone)
        {
            if (nowMs < life.EndedMs + OutliveMs) return false;
            life.GoOn();
            life.MainIsHelper = true;
            Follow(record);
            return true;
        }

        if (!hurry && !isGone && life.MainIsHelper && nowMs < life.EndedMs + HelperMs) return false;
        if (!hurry && life is { Status: null, StatusComes: true } && nowMs < life.EndedMs + StatusLateMs) return false;
        if (!hurry && nameMayCome) return false;
        Tell(record);
        return true;
    }

    /// <summary>
    /// Whether the filters leave one out that came while the agent ran, and may not have if its name had been known: it came
    /// and went before that could be read.
    /// </summary>
    internal bool IsLeftOutForLackOfAName(ContainerRecord record) =>
        record is { IsIncluded: false, IsDouble: false, WasThereAtStart: false } && record.Known?.Name is null
        && ContainerNaming.IsNamedByFiles(record.Recognised.Runtime) && filter.MayInclude(record.Recognised.Runtime, record.Recognised.Id) && !IsOthers(record);

    /// <summary>Says where the last network counters of a container are. From any thread.</summary>
    internal void SetNetworkEnd(long key, NetworkEnd? end)
    {
        if (_handles.TryGetValue(key, out int handle)) watch.SetNetworkEnd(handle, key, end);
    }

    private static void EndedUnseen(ContainerLife life, long nowMs)
    {
        life.EndedMs = nowMs;
        life.EndedRealtimeNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        life.EndedBoottimeNs = 0;
    }

    private void BecomeMain(ContainerRecord record, ProcessDirectory process)
    {
        ContainerLife life = record.Life;
        bool isNew = !life.HasBegun;
        life.GoOn();
        life.Main = life.Followed;
        life.MainIsNamespaceInit = record.InitIsNamespaceInit;
        life.MainIsHelper = !record.InitIsNamespaceInit && initProcess.IsHelper(process);
        life.MainStartedBoottimeNs = process.StartedAtNs > 0 ? process.StartedAtNs - initProcess.BootedAtNs : 0;
        if (isNew && !record.WasThereAtStart) counters.Add(AgentCounter.ContainersBorn);
    }

    private void Exited(ContainerRecord record, WatchRecord told, long nowMs, List<ContainerRecord> toLookAt)
    {
        ContainerLife life = record.Life;
        if (told.Life != life.Main && told.Life != life.Followed) return;
        if (life.EndedMs is null)
        {
            // Or the one that was followed in its place: then nothing is told of the main process any more.
            life.Main = told.Life;
            life.EndedMs = nowMs;
            life.EndedRealtimeNs = told.RealtimeNs;
            life.EndedBoottimeNs = told.BoottimeNs;
            life.Status = told.Status;
            life.StatusComes = told.StatusComes;
        }

        life.Texts = told.Texts;
        life.IsEmpty = told.IsEmpty;

        // A process that came after the last one was found before that one's end was taken, and is followed: another life.
        if (life.IsEmpty && told.Life == life.Main && life.Main != life.Followed && record.Init is { } next)
        {
            Tell(record);
            BecomeMain(record, next);
        }

        toLookAt.Add(record);
    }

    private static void Emptied(ContainerRecord record, WatchRecord told, long nowMs)
    {
        ContainerLife life = record.Life;
        if (!life.HasBegun) return;
        if (life.EndedMs is null) EndedUnseen(life, nowMs);

        // Init came and went unseen behind its helper, and was the last to go.
        if (life.MainIsHelper) life.EndedRealtimeNs = told.RealtimeNs;
        life.IsEmpty = true;

        // With process 1 of a pid namespace all others of it have ended; that the cgroup is empty is told a moment later, and
        // its files may be gone by then.
        if (life.MainIsNamespaceInit && life.Texts.IsComplete && !told.Texts.IsComplete) return;
        life.Texts = told.Texts;
    }

    private void OutOfMemory(ContainerRecord record, WatchRecord told)
    {
        // Without a name it would be told under the id, in a series of its own.
        record.Life.Ooms.Enqueue(told);
        if (record.Identity is not null || record.Life.Ooms.Count > MaxNamelessOoms) TellOoms(record);
    }

    /// <summary>Tells what waits of a container's lack of memory, under what is known of its names now.</summary>
    private void TellOoms(ContainerRecord record)
    {
        while (record.Life.Ooms.TryDequeue(out WatchRecord? told))
        {
            if (IsShown(record)) events.Add(new ContainerOom(ContainerOf(record), told.RealtimeNs, told.Texts, told.OomKills));
        }
    }

    private void Tell(ContainerRecord record)
    {
        TellOoms(record);
        ContainerLife life = record.Life;
        bool isFinal = life.IsEmpty && life.Texts.IsComplete;
        if (IsShown(record))
        {
            counters.Add(AgentCounter.ContainersEnded);
            if (!isFinal) counters.Add(AgentCounter.ExitsNotFinal);

            // A helper's life and status are not init's, which was never seen.
            long? lifetimeNs = life is { MainIsHelper: false, MainStartedBoottimeNs: > 0, EndedBoottimeNs: > 0 } && life.EndedBoottimeNs >= life.MainStartedBoottimeNs
                ? life.EndedBoottimeNs - life.MainStartedBoottimeNs
                : null;

            // wait(2): the low seven bits are the signal; 0 means that it returned, and then the second byte is what.
            int? waitStatus = life.MainIsHelper ? null : life.Status;
            int? signal = waitStatus is { } status && (status & 0x7F) != 0 ? status & 0x7F : null;
            int? code = waitStatus is { } returned && (returned & 0x7F) == 0 ? (returned >> 8) & 0xFF : null;
            events.Add(new ContainerExit(ContainerOf(record), life.EndedRealtimeNs, life.Texts, lifetimeNs, code, signal, isFinal) { IsEmpty = life.IsEmpty });
        }
        else if (IsLeftOutForLackOfAName(record))
        {
            counters.Add(AgentCounter.ContainersMissed);
        }

        life.End();
    }

    /// <summary>Whether it is told of. Where it ended before its names were put together, by those that are known now.</summary>
    private bool IsShown(ContainerRecord record) =>
        !record.IsDouble && (record.Identity is null ? filter.Includes(ContainerDiscovery.IdentityOf(record)) : record.IsIncluded) && !IsOthers(record);

    /// <summary>
    /// Whether one that was never published has the id of one that lives: a container to which cgroups were delegated may
    /// name one after another container, and its end is not that one's.
    /// </summary>
    private bool IsOthers(ContainerRecord record)
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
        record.Published ?? new Container(record.Key, record.Identity ?? ContainerDiscovery.IdentityOf(record), record.Path, record.Init);
}
