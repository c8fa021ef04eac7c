
namespace NsCollector.GuestTests.Service;

/// <summary>All that the agent has written to a file and those that were rotated away from it.</summary>
internal static class CollectedLines
{
    /// <summary>The one container of these tests: a service that every guest has.</summary>
    public const string Container = "ssh.service";

    /// <summary>The configuration by which it is the only one.</summary>
    public const string Configuration = "[discovery]\ncgroup_paths = /system.slice/" + Container + "\n";

    /// <summary>
    /// Every point of every file, by time. The agent is stopped, or a line may be half written.
    /// </summary>
    /// <exception cref="FormatException">A line is torn in any of the files, or was written twice.</exception>
    public static List<Point> Read(Guest guest, string path = Unit.MetricsPath)
    {
        // A file that does not end with a line's end runs into the mark behind it, which is then no line of its own.
        (int status, string text, string errors) = guest.Try($"for file in {path}*; do zcat -f \"$file\" && echo '=='; done");
        Assert.True(status == 0, errors);
        string lines = string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != "==").Select(line => line + '\n'));
        return [.. StrictParser.ParseAll(lines).OrderBy(point => point.TimestampNs)];
    }

    /// <summary>
    /// Holds that no cycle is missing: each start counts from the same number on, without a gap, and each cycle has the
    /// point of <see cref="Container"/> exactly once.
    /// </summary>
    /// <returns>How many cycles there are.</returns>
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
