using System.Globalization;
using System.Text;
using NsCollector.Discover.Watch;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>
/// OOM kills by memory.oom_control of v1. memory.events of v2 is not tested here: if the memory controller is on v1, the
/// cgroup2 tree does not have it.
/// </summary>
[Collection(NamespaceTests.Name)]
public sealed class OomTests
{
    private const long LimitBytes = 16 << 20;

    [Fact]
    public void Oom_kill_in_live_container_is_reported_within_100_ms()
    {
        using var fixture = new WatchFixture();
        (WatchFixture.Watched watched, NamespaceProcess process) = StartLimited(fixture, "while read x; do tail /dev/zero; done");
        Assert.Equal(0, fixture.Follow(watched, process));
        for (int round = 1; round <= 2; round++)
        {
            process.Continue();
            long seen = 0;
            int expected = round;
            Eventually.True(() => Kills(fixture, watched) == expected && (seen = RealtimeNs()) > 0, "the kill");
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
    public void Oom_kill_of_init_is_reported_before_exit()
    {
        using var fixture = new WatchFixture();
        (WatchFixture.Watched watched, NamespaceProcess process) = StartLimited(fixture, "read x; exec tail /dev/zero");
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Continue();

        // Checks the order of the records, not their times: the time of an exit is taken before its files are read.
        WatchRecordKind[] kinds = [];
        Eventually.True(() => (kinds = [.. fixture.All(watched).Select(record => record.Kind)]).Contains(WatchRecordKind.Exited), "its exit", patience: TimeSpan.FromSeconds(60));
        Assert.Equal([WatchRecordKind.Oom, WatchRecordKind.Exited], kinds.Where(kind => kind is WatchRecordKind.Oom or WatchRecordKind.Exited));
        Assert.Equal(9, fixture.StatusOf(watched, fixture.Next(watched, WatchRecordKind.Exited)) & 0x7f);
        Assert.Equal(1, fixture.Next(watched, WatchRecordKind.Oom).OomKills);
    }

    [Fact]
    public void Oom_kills_before_add_or_of_others_are_not_reported()
    {
        using var fixture = new WatchFixture();
        (WatchFixture.Watched first, NamespaceProcess process) = StartLimited(fixture, "while read x; do tail /dev/zero; done");
        process.Continue();
        fixture.Next(first, WatchRecordKind.Oom);
        fixture.Watch.Remove(first.Handle, first.Key);

        // 64 keys later: the same slot group.
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

    /// <summary>A shell in a watched cgroup with a limit of <see cref="LimitBytes"/>.</summary>
    private static (WatchFixture.Watched Watched, NamespaceProcess Process) StartLimited(WatchFixture fixture, string script)
    {
        WatchFixture.Watched watched = fixture.Add("a");
        string directory = fixture.Plan.Hierarchies[fixture.Plan.Memory].MountPoint + watched.Path;
        File.WriteAllText(directory + "/memory.limit_in_bytes", LimitBytes.ToString(CultureInfo.InvariantCulture));

        // Swap would delay the kill.
        if (File.Exists(directory + "/memory.memsw.limit_in_bytes"))
            File.WriteAllText(directory + "/memory.memsw.limit_in_bytes", LimitBytes.ToString(CultureInfo.InvariantCulture));
        return (watched, fixture.StartShell(watched.Path, script));
    }

    private static long Kills(WatchFixture fixture, WatchFixture.Watched watched) => long.Parse(
        File.ReadLines(fixture.FileOf(watched.Path, WatchFixture.OomControl)).Single(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))[9..],
        CultureInfo.InvariantCulture);

    private static long RealtimeNs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
