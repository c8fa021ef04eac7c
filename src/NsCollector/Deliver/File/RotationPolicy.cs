namespace NsCollector.Deliver.File;

/// <summary>Decides when a file is rotated and which rotated files are removed. Pure.</summary>
/// <param name="MaxBytes">A file that the next cycle would make larger is rotated first; 0 means never by size.</param>
/// <param name="MaxAge">A file older than this is rotated; zero means never by age.</param>
/// <param name="Keep">How many rotated files are kept.</param>
internal sealed record RotationPolicy(long MaxBytes, TimeSpan MaxAge, int Keep)
{
    /// <summary>Whether a file is rotated before the next cycle. An empty file never is.</summary>
    /// <param name="size">The size of the file so far, in bytes.</param>
    /// <param name="age">The time since its creation.</param>
    /// <param name="coming">The expected size of the next cycle, in bytes.</param>
    internal bool IsDue(long size, TimeSpan age, long coming) =>
        size > 0 && ((MaxBytes > 0 && size + coming > MaxBytes) || (MaxAge > TimeSpan.Zero && age >= MaxAge));

    /// <summary>How many rotated files to remove.</summary>
    /// <param name="oldestFirst">The stamps of the rotated files that exist.</param>
    /// <param name="atLeast">Keep at least this many.</param>
    /// <returns>The number of files to remove, from the start of the list.</returns>
    internal int CountToRemove(IReadOnlyCollection<DateTime> oldestFirst, int atLeast = 0) =>
        Math.Max(0, oldestFirst.Count - Math.Max(Keep, atLeast));
}
