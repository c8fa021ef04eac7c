using System.Globalization;
using System.Text;
using NsCollector.Host.Configuration;

namespace NsCollector.Host.Inventory;

/// <summary>The output of <c>nscollector spool list</c>.</summary>
internal static class SpoolTable
{
    private static readonly string[] Headers = ["SINK", "FILE", "COLLECTED", "AGE", "POINTS", "BYTES", "COMPRESSED", "STATE"];

    // The columns with numbers, which are aligned right.
    private const int FirstNumber = 3, LastNumber = 6;

    /// <summary>One row per file, in the given order, and a row of totals after each sink.</summary>
    /// <param name="files">The files, grouped by sink.</param>
    /// <param name="damaged">The files whose content was read and has a wrong checksum.</param>
    /// <param name="now">The current time.</param>
    internal static string Text(IReadOnlyList<SpooledFile> files, IReadOnlySet<SpooledFile> damaged, DateTimeOffset now)
    {
        List<string[]> rows = [Headers];
        foreach (IGrouping<string, SpooledFile> sink in files.GroupBy(file => file.Sink))
        {
            foreach (SpooledFile file in sink) rows.Add(Row(file, damaged.Contains(file) ? SpooledState.Damaged : file.State, now));
            rows.Add(
            [
                Printable.Text(sink.Key), Number(sink.Count()) + (sink.Count() == 1 ? " file" : " files"), "", Age(now - sink.Min(file => file.ModifiedUtc)),
                Number(sink.Sum(file => (long)file.Name.Points)), Number(sink.Sum(file => (long)file.Name.LineBytes)), Number(sink.Sum(file => file.FileBytes)), "total",
            ]);
        }

        int[] widths = [.. Headers.Select((_, column) => rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            StringBuilder line = new();
            for (int column = 0; column < row.Length; column++)
            {
                bool isNumber = column is >= FirstNumber and <= LastNumber;
                line.Append(isNumber ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column])).Append("  ");
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A duration in its two largest units, such as 2d3h.</summary>
    internal static string Age(TimeSpan age)
    {
        if (age < TimeSpan.Zero) return "0s";
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (age.TotalDays >= 1) return string.Create(invariant, $"{(long)age.TotalDays}d{age.Hours}h");
        if (age.TotalHours >= 1) return string.Create(invariant, $"{age.Hours}h{age.Minutes}m");
        return age.TotalMinutes >= 1 ? string.Create(invariant, $"{age.Minutes}m{age.Seconds}s") : string.Create(invariant, $"{age.Seconds}s");
    }

    private static string[] Row(SpooledFile file, SpooledState state, DateTimeOffset now) =>
    [
        Printable.Text(file.Sink), file.FileName, file.ModifiedUtc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), Age(now - file.ModifiedUtc),
        Number(file.Name.Points), Number(file.Name.LineBytes), Number(file.FileBytes), state.ToString().ToLowerInvariant(),
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
