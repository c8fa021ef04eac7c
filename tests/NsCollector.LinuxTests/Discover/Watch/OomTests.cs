using System.Globalization;
using System.Text;
using NsCollector.Discover.Watch;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>
/// Lack of memory, told by memory.oom_control of v1. Of v2's memory.events there is no test here: where the memory
/// controller is v1's, a cgroup2 tree has none.
/// </summary>
[Collection(NamespaceTests.Name)]
public sealed class OomTests
{
    private const long LimitBytes = 16 << 20;

    [Fact]
    public void A_killed_process_is_told_of_within_a_tenth_of_a_second_while_the_container_lives_on()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        Limit(fixture, watched);
        NamespaceProcess process = fixture.StartShell(watched.Path, "while read x; do tail /dev/zero; done");
        Assert.Equal(0, fixture.Follow(watched, process));
        for (int round = 1; round <= 2; round++)
        {
            process.Continue();
            long seen = 0;
            int wanted = round;
            Eventually.True(() => Kills(fixture, watched) == wanted && (seen = RealtimeNs()) > 0, "the kill");
            WatchRecord oom = fixture.Next(watched, WatchRecordKind.Oom);
            Assert.Equal(1, oom.OomKills);
            Assert.InRange(oom.RealtimeNs, seen - 1_000_000_000, seen + 100_000_000);
            Assert.Contains($"oom_kill {round}\n", Encoding.ASCII.GetString(oom.Texts[WatchFixture.OomControl]), StringComparison.Ordinal);
            Assert.False(oom.Texts.Has(WatchFixture.CpuUsage));

            // The whole limit was in use.
            Assert.Equal(LimitBytes, long.Parse(Encoding.ASCII.GetString(oom.Texts[WatchFixture.MaxUsage]), CultureInfo.InvariantCulture));
        }

        Assert.Empty(fixture.All(watched));
    }

    [Fact]
    public void A_container_that_dies_of_it_is_told_of_first_as_out_of_memory_then_as_ended()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        Limit(fixture, watched);
        NamespaceProcess process = fixture.StartShell(watched.Path, "read x; exec tail /dev/zero");
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Continue();

        // By the order of the records, not by their times: the look at an end comes after the end's own time was taken.
        WatchRecordKind[] told = [];
        Eventually.True(() => (told = [.. fixture.All(watched).Select(record => record.Kind)]).Contains(WatchRecordKind.Exited), "its end", patience: TimeSpan.FromSeconds(60));
        Assert.Equal([WatchRecordKind.Oom, WatchRecordKind.Exited], told.Where(kind => kind is WatchRecordKind.Oom or WatchRecordKind.Exited));
        Assert.Equal(9, fixture.StatusOf(watched, fixture.Next(watched, WatchRecordKind.Exited)) & 0x7f);
        Assert.Equal(1, fixture.Next(watched, WatchRecordKind.Oom).OomKills);
    }

    [Fact]
    public void Kills_from_before_it_was_added_are_not_told_and_those_of_a_neighbour_are_the_neighbours()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched first = fixture.Add("a");
        Limit(fixture, first);
        NamespaceProcess process = fixture.StartShell(first.Path, "while read x; do tail /dev/zero; done");
        process.Continue();
        fixture.Next(first, WatchRecordKind.Oom);
        fixture.Watch.Remove(first.Handle, first.Key);

        // 64 keys later: the same group.
        int handle = fixture.Watch.Add(first.Key + 64, first.Path);
        var again = new WatchFixture.Watched(handle, first.Key + 64, first.Path);
        WatchFixture.Watched neighbour = fixture.Add("b");
        process.Continue();
        Assert.Equal(1, fixture.Next(again, WatchRecordKind.Oom).OomKills);
        Thread.Sleep(100);
        Assert.Empty(fixture.All(again));
        Assert.Empty(fixture.All(neighbour));
        Assert.Empty(fixture.All(first));
    }

    private static void Limit(WatchFixture fixture, WatchFixture.Watched watched)
    {
        string directory = fixture.Plan.Hierarchies[fixture.Plan.Memory].MountPoint + watched.Path;
        File.WriteAllText(directory + "/memory.limit_in_bytes", LimitBytes.ToString(CultureInfo.InvariantCulture));

        // Swap would put the kill off.
        if (File.Exists(directory + "/memory.memsw.limit_in_bytes"))
            File.WriteAllText(directory + "/memory.memsw.limit_in_bytes", LimitBytes.ToString(CultureInfo.InvariantCulture));
    }

    private static long Kills(WatchFixture fixture, WatchFixture.Watched watched) => long.Parse(
        File.ReadLines(fixture.FileOf(watched.Path, WatchFixture.OomControl)).Single(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))[9..],
        CultureInfo.InvariantCulture);

    private static long RealtimeNs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
