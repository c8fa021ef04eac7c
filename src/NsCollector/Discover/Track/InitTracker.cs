using NsCollector.Discover.Walk;

namespace NsCollector.Discover.Track;

/// <summary>
/// Keeps the init process of each container: polls young containers until their init process is certain, and replaces it
/// when it has ended. For the discovery thread.
/// </summary>
/// <param name="initProcess">Finds init processes.</param>
/// <param name="lives">Follows them; null if nothing does.</param>
/// <param name="publication">Keeps the directory of a replaced process open while a published list may hold it.</param>
/// <param name="pending">Receives containers that must be polled again before the next walk.</param>
internal sealed class InitTracker(InitProcess initProcess, LifeTracker? lives, ContainerPublication publication, PendingContainers pending)
{
    /// <summary>
    /// When the processes of a young container are polled, in milliseconds after it was first seen. A runtime makes the
    /// directory first, then its helpers, then init: within milliseconds or, on a busy host, half a second.
    /// </summary>
    private static readonly int[] PollAfterMs = [0, 1, 2, 4, 8, 15, 30, 60, 120, 250, 500, 1_000, 2_000, 5_000, 10_000];

    /// <summary>How often a container without any process is polled, in milliseconds: on cgroup v1 nothing reports a new process.</summary>
    private const long EmptyPollMs = 10_000;

    /// <summary>
    /// How many processes a search may have examined for each millisecond without another one. Examining one takes about
    /// 15 µs, so a container that ends and starts thousands of processes uses at most a twentieth of a core.
    /// </summary>
    private const int ExaminedPerQuietMs = 4;

    /// <summary>How long a container counts as young, in milliseconds.</summary>
    internal static int YoungMs => PollAfterMs[^1];

    /// <summary>Polls the processes of a container if that is due, or if this is a walk.</summary>
    internal void Poll(ContainerRecord record, long nowMs, bool isWalk)
    {
        if (!isWalk && (nowMs < record.NextPollMs || nowMs < record.SearchNotBeforeMs)) return;
        bool isYoung = record.Polls < PollAfterMs.Length;
        while (record.Polls < PollAfterMs.Length && nowMs >= record.YoungSinceMs + PollAfterMs[record.Polls]) record.Polls++;

        record.MustPoll = false;
        ProcessDirectory? before = record.Init;
        bool isAlive = before is not null && InitProcess.IsAlive(before);
        if (!isAlive || (isYoung && !record.InitIsNamespaceInit)) FindInit(record, nowMs);
        if (!isYoung && record.Init is not null && record.Init != before)
        {
            // Restarted in its cgroup: the first process seen may be a helper of the runtime again.
            record.YoungSinceMs = nowMs;
            record.Polls = 0;
        }

        bool isCertain = record.Init is not null && record.InitIsNamespaceInit;
        record.NextPollMs = record.MustPoll ? nowMs + PendingContainers.HeldPollMs
            : isCertain ? long.MaxValue
            : record.Polls < PollAfterMs.Length ? record.YoungSinceMs + PollAfterMs[record.Polls]
            : record.Init is not null ? long.MaxValue
            : nowMs + EmptyPollMs;
        record.NextPollMs = Math.Max(record.NextPollMs, record.SearchNotBeforeMs);
        if (record.NextPollMs != long.MaxValue) pending.Add(record);
    }

    /// <summary>Polls at once: the watch has reported a change of its processes.</summary>
    internal void PollNow(ContainerRecord record, long nowMs)
    {
        if (record.GoneSinceMs is not null) return;
        pending.Add(record);
        if (nowMs < record.SearchNotBeforeMs)
        {
            record.NextPollMs = Math.Min(record.NextPollMs, record.SearchNotBeforeMs);
            return;
        }

        FindInit(record, nowMs);
        if (record.Init is null || !record.InitIsNamespaceInit || record.MustPoll)
            record.NextPollMs = Math.Min(record.NextPollMs, nowMs + PendingContainers.HeldPollMs);
    }

    private void FindInit(ContainerRecord record, long nowMs)
    {
        ProcessDirectory? found = initProcess.Find(record.Nodes, record.Recognised.Runtime, out bool isNamespaceInit);
        record.SearchNotBeforeMs = nowMs + (initProcess.Examined / ExaminedPerQuietMs);
        if (found is not null && IsSameLiveProcess(record.Init, found))
        {
            found.Close();
            if (record.InitIsNamespaceInit == isNamespaceInit)
            {
                lives?.RecheckHelper(record);
                return;
            }

            record.InitIsNamespaceInit = isNamespaceInit;
            lives?.Follow(record);
            return;
        }

        record.InitIsNamespaceInit = isNamespaceInit;
        if (found is null && record.Init is null) return;

        // Not found because no descriptor was left: it may still be in the cgroup.
        if (found is null && initProcess.IsOutOfDescriptors && InitProcess.IsAlive(record.Init!)) return;
        if (record.Published is not null) publication.MarkChanged();
        if (record.Init is { } before) publication.Retire(before);
        record.Init = found;
        lives?.Follow(record);
    }

    private static bool IsSameLiveProcess(ProcessDirectory? known, ProcessDirectory found) =>
        known is not null && known.Pid == found.Pid && known.StartedBoottimeNs == found.StartedBoottimeNs && InitProcess.IsAlive(known);
}
