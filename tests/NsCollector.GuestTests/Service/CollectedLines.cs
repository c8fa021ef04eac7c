
namespace NsCollector.GuestTests.Service;

/// <summary>All lines that the agent has written to a file and its rotated files.</summary>
internal static class CollectedLines
{
    /// <summary>The only container of these tests: a service that every guest has.</summary>
    public const string Container = "ssh.service";

    /// <summary>The configuration that selects only this container.</summary>
    public const string Configuration = "[discovery]\ncgroup_paths = /system.slice/" + Container + "\n";

    /// <summary>
    /// All points of all files, by time. The agent must be stopped, or a line may be half written.
    /// </summary>
    /// <exception cref="FormatException">A file has a partial line, or a line occurs twice.</exception>
    public static List<Point> Read(Guest guest, string path = Unit.MetricsPath)
    {
        // If a file does not end with a newline, the marker after it is not a line of its own.
        (int status, string text, string errors) = guest.Try($"for file in {path}*; do zcat -f \"$file\" && echo '=='; done");
        Assert.True(status == 0, errors);
        string lines = string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != "==").Select(line => line + '\n'));
        return [.. StrictParser.ParseAll(lines).OrderBy(point => point.TimestampNs)];
    }

    /// <summary>
    /// Asserts that no cycle is missing: after each start cycles count from the same number without a gap, and each cycle has the
    /// point of <see cref="Container"/> exactly once.
    /// </summary>
    /// <returns>The number of cycles.</returns>
    public static int AssertWhole(IReadOnlyCollection<Point> points, int starts = 1)
    {
        Point[] cycles = [.. points.Where(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink"))];
        int first = 0;
        long begin = cycles[0].Integer("cycles");
        for (int i = 1; i < cycles.Length; i++)
        {
            if (cycles[i].Integer("cycles") == begin)
                first++;
            else
                Assert.True(cycles[i].Integer("cycles") == cycles[i - 1].Integer("cycles") + 1, $"cycle {cycles[i].Integer("cycles")} follows {cycles[i - 1].Integer("cycles")} at {cycles[i].TimestampNs}");
        }

        Assert.Equal(starts, first + 1);
        Point[] infos = [.. points.Where(point => point.Measurement == "container_info" && point.Container == Container)];
        Assert.Equal(cycles.Length, infos.Length);
        return cycles.Length;
    }
}
