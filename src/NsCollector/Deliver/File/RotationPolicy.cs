namespace NsCollector.Deliver.File;

/// <summary>Decides when a file is rotated and which rotated files are removed. Pure.</summary>
/// <param name="MaxBytes">A file that would grow over this is rotated first; 0 means never by size.</param>
/// <param name="MaxAge">A file older than this is rotated; zero means never by age.</param>
/// <param name="Keep">How many rotated files are kept.</param>
internal sealed record RotationPolicy(long MaxBytes, TimeSpan MaxAge, int Keep)
{
    /// <summary>Whether a file is rotated because of its age. An empty file never is.</summary>
    internal bool IsTooOld(long size, TimeSpan age) => MaxAge > TimeSpan.Zero && size > 0 && age >= MaxAge;

    /// <summary>
    /// How many bytes of whole lines still fit into a file. A line that is longer than the limit gets its own file.
    /// </summary>
    /// <param name="lines">One line or more, the last one ended by LF.</param>
    /// <param name="size">The size of the file so far, in bytes.</param>
    /// <returns>The number of bytes; 0: rotate first.</returns>
    internal int LinesThatFit(ReadOnlySpan<byte> lines, long size)
    {
        if (MaxBytes <= 0 || size + lines.Length <= MaxBytes) return lines.Length;
        long room = MaxBytes - size;
        int fit = room <= 0 ? 0 : lines[..(int)room].LastIndexOf((byte)'\n') + 1;
        if (fit == 0 && size == 0) fit = lines.IndexOf((byte)'\n') + 1;
        return fit;
    }

    /// <summary>How many rotated files to remove.</summary>
    /// <param name="oldestFirst">The stamps of the rotated files that exist.</param>
    /// <param name="atLeast">Keep at least this many.</param>
    /// <returns>The number of files to remove, from the start of the list.</returns>
    internal int CountToRemove(IReadOnlyCollection<DateTime> oldestFirst, int atLeast = 0) =>
        Math.Max(0, oldestFirst.Count - Math.Max(Keep, atLeast));
}
