namespace NsCollector.Discover.Watch;

/// <summary>One event of the native watch.</summary>
/// <param name="Key">The container, as it was added.</param>
/// <param name="Life">
/// The followed process, by the number passed to <see cref="IContainerWatch.Follow"/>. For <see cref="WatchRecordKind.Oom"/> and
/// <see cref="WatchRecordKind.Populated"/>: the one followed at that time.
/// </param>
/// <param name="Kind">What happened.</param>
/// <param name="RealtimeNs">When: nanoseconds since the epoch.</param>
/// <param name="BoottimeNs">When: CLOCK_BOOTTIME, which setting the clock does not move.</param>
/// <param name="IsEmpty">Whether the cgroup had no process left when the texts were read.</param>
/// <param name="Status">The wait status (wait(2)) of the process; null if it is not known.</param>
/// <param name="OomKills">For <see cref="WatchRecordKind.Oom"/>: processes killed since the last such record.</param>
/// <param name="Texts">What was read.</param>
internal sealed record WatchRecord(
    long Key, uint Life, WatchRecordKind Kind, long RealtimeNs, long BoottimeNs, bool IsEmpty, int? Status, long OomKills, WatchTexts Texts)
{
    /// <summary>For <see cref="WatchRecordKind.Exited"/>: whether <see cref="WatchRecordKind.Status"/> follows when the process is reaped.</summary>
    public bool StatusFollows { get; init; }
}
