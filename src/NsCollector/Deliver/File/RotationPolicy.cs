namespace NsCollector.Deliver.File;

/// <summary>When a file is rotated and what becomes of the old ones. Pure: sizes, ages and names in, decisions out.</summary>
/// <param name="MaxBytes">A file that would grow over this is rotated first; 0 means never by size.</param>
/// <param name="MaxAge">A file older than this is rotated; zero means never by age.</param>
/// <param name="Keep">How many rotated files are kept.</param>
internal sealed record RotationPolicy(long MaxBytes, TimeSpan MaxAge, int Keep)
{
    /// <summary>Whether a file is rotated because of its age. An empty one never is.</summary>
    internal bool IsTooOld(long size, TimeSpan age) => MaxAge > TimeSpan.Zero && size > 0 && age >= MaxAge;

    /// <summary>
    /// How much of some lines still goes into a file: whole lines, as many as the size allows. A line that is longer than
    /// the whole limit goes into a file of its own, because it could not go anywhere else.
    /// </summary>
    /// <param name="lines">One line or more, the last one ended by LF.</param>
    /// <param name="size">The size of the file so far, in bytes.</param>
    /// <returns>How many bytes; 0: rotate first.</returns>
    internal int LinesThatFit(ReadOnlySpan<byte> lines, long size)
    {
        if (MaxBytes <= 0 || size + lines.Length <= MaxBytes) return lines.Length;
        long room = MaxBytes - size;
        int fit = room <= 0 ? 0 : lines[..(int)room].LastIndexOf((byte)'\n') + 1;
        if (fit == 0 && size == 0) fit = lines.IndexOf((byte)'\n') + 1;
        return fit;
    }

    /// <summary>Which rotated files are removed.</summary>
    /// <param name="oldestFirst">The stamps of the rotated files that exist.</param>
    /// <param name="atLeast">Keep this many even where the policy keeps fewer.</param>
    /// <returns>How many, from the start of the list.</returns>
    internal int CountToRemove(IReadOnlyCollection<DateTime> oldestFirst, int atLeast = 0) =>
        Math.Max(0, oldestFirst.Count - Math.Max(Keep, atLeast));
}
