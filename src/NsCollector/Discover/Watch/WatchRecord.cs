namespace NsCollector.Discover.Watch;

/// <summary>One thing that the watch has to tell.</summary>
/// <param name="Key">Of the container, as it was added.</param>
/// <param name="Life">Which of its followed processes it is about, as <see cref="IContainerWatch.Follow"/> was told; of <see cref="WatchRecordKind.Oom"/> and <see cref="WatchRecordKind.Populated"/> the one followed then.</param>
/// <param name="Kind">What happened.</param>
/// <param name="RealtimeNs">When: nanoseconds since the epoch.</param>
/// <param name="BoottimeNs">When: CLOCK_BOOTTIME, which no clock setting moves.</param>
/// <param name="IsEmpty">Whether no process was left in the cgroup when the texts were read.</param>
/// <param name="Status">The wait status (wait(2)) of the process, where the kernel told it; null else.</param>
/// <param name="OomKills">Of <see cref="WatchRecordKind.Oom"/>: how many processes were killed since the last such record.</param>
/// <param name="Texts">What was read.</param>
internal sealed record WatchRecord(
    long Key, uint Life, WatchRecordKind Kind, long RealtimeNs, long BoottimeNs, bool IsEmpty, int? Status, long OomKills, LastTexts Texts)
{
    /// <summary>Of <see cref="WatchRecordKind.Exited"/>: whether <see cref="WatchRecordKind.Status"/> follows when the process is reaped.</summary>
    public bool StatusComes { get; init; }
}
