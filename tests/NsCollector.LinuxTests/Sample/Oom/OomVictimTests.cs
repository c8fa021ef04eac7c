using System.Globalization;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Oom;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Oom;

/// <summary>The victims of real OOM kills, on cgroup v1, compared with what the kernel has done and logged.</summary>
[Collection(NamespaceTests.Name)]
public sealed class OomVictimTests
{
    private const string Hostile = "a,pid=1 (x)";

    [Fact]
    public void Victim_with_a_hostile_name_at_the_limit_of_its_container()
    {
        using var fixture = new OomFixture(1);
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatAs(Hostile, 300));
        int pid = shell.Pid;
        shell.Continue();
        RecordedOom oom = Assert.Single(fixture.Await(path, 1));
        Assert.Equal((1, (long)pid, Hostile, "container", null), (oom.Kills, oom.VictimPid, oom.Text("victim_name"), oom.Text("constraint"), oom.Text("constraint_cgroup")));
        (long rss, int adj) = OomFixture.KernelLineOf(pid);
        Assert.Equal((rss, 300L, 300), (oom.Readings[Reading.OomVictimRssBytes], oom.Readings[Reading.OomVictimScoreAdj], adj));

        // It used what it was allowed to; the pages of its program are charged to others.
        Assert.InRange(oom.Readings[Reading.OomVictimRssBytes], OomFixture.LimitBytes / 2, OomFixture.LimitBytes + (8 << 20));
        string total = File.ReadLines("/proc/meminfo").Single(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal(long.Parse(total, CultureInfo.InvariantCulture) * 1024, oom.Readings[Reading.OomHostMemoryTotalBytes]);
        Assert.InRange(oom.Readings[Reading.OomHostMemoryFreeBytes], 1, oom.Readings[Reading.OomHostMemoryTotalBytes]);
        Assert.InRange(oom.Readings[Reading.OomHostMemoryAvailableBytes], 1, oom.Readings[Reading.OomHostMemoryTotalBytes]);
    }

    [Fact]
    public void Victim_at_the_limit_of_a_cgroup_above()
    {
        using var fixture = new OomFixture(1);
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatAs("eater"), limit: null);
        fixture.Limit(fixture.Parent);
        int pid = shell.Pid;
        shell.Continue();
        RecordedOom oom = Assert.Single(fixture.Await(path, 1));
        Assert.Equal((pid, "eater", "ancestor", fixture.Parent), (oom.VictimPid, oom.Text("victim_name"), oom.Text("constraint"), oom.Text("constraint_cgroup")));
        Assert.False(oom.Readings.ContainsKey(Reading.OomLimitBytes));
    }

    [Fact]
    public void Victims_of_several_containers_at_once_are_all_named()
    {
        using var fixture = new OomFixture(6);
        var started = new List<(string Path, int[] Pids)>();
        var shells = new List<NamespaceProcess>();
        for (int i = 0; i < 3; i++)
        {
            (string path, NamespaceProcess first) = fixture.Start($"c{i}", OomFixture.EatAs($"first{i}"));
            NamespaceProcess second = fixture.StartIn(path, OomFixture.EatAs($"second{i}"));
            started.Add((path, [first.Pid, second.Pid]));
            shells.AddRange([first, second]);
        }

        foreach (NamespaceProcess shell in shells) shell.Continue();
        for (int i = 0; i < 3; i++)
        {
            RecordedOom[] ooms = fixture.Await(started[i].Path, 2);
            Assert.Equal(started[i].Pids.Order(), ooms.Select(oom => (int)oom.VictimPid).Order());
            Assert.Equal([$"first{i}", $"second{i}"], ooms.Select(oom => oom.Text("victim_name")!).Order());
            Assert.All(ooms, oom => Assert.Equal((1, "container"), (oom.Kills, oom.Text("constraint"))));
        }
    }

    [Fact]
    public void Victims_that_the_kernel_did_not_describe_are_counted_without_a_name()
    {
        const int Kills = 25;
        using var fixture = new OomFixture(0);
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatTimes(Kills));
        shell.Continue();
        RecordedOom[] ooms = fixture.Await(path, Kills);
        Assert.Equal(Kills, fixture.Killed(path));
        long[] described = OomFixture.SummarisedPids(path);

        // Ten in five seconds; other tests may have used some of them up.
        Assert.InRange(described.Length, 0, Kills - 1);
        Assert.Equal(described.Order(), ooms.Where(oom => oom.HasVictim).Select(oom => oom.VictimPid).Order());
        RecordedOom[] others = [.. ooms.Where(oom => !oom.HasVictim)];
        Assert.Equal(Kills - described.Length, others.Sum(oom => oom.Kills));
        Assert.All(others, oom => Assert.Empty(oom.Texts));
        Assert.All(others, oom => Assert.True(oom.Readings.ContainsKey(Reading.OomHostMemoryAvailableBytes)));
    }

    [Fact]
    public void Victim_that_a_process_forges_is_ignored()
    {
        using var fixture = new OomFixture(1);
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatAs("true"));
        string other = fixture.Make("b");
        int pid = shell.Pid;
        string summary = $"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg={path},task=forged,pid={pid},uid=0";
        foreach (string prefix in (string[])["", "<3>", "<0>"])
        {
            OomFixture.WriteToLog(prefix + summary);
            OomFixture.WriteToLog($"{prefix}Memory cgroup out of memory: Killed process {pid} (forged) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0");
        }

        fixture.Process();
        shell.Continue();
        RecordedOom oom = Assert.Single(fixture.Await(path, 1));
        Assert.Equal((pid, "true", "container"), (oom.VictimPid, oom.Text("victim_name"), oom.Text("constraint")));
        Assert.Empty(fixture.Of(other));
    }

    [Fact]
    public void FindVictim_knows_only_processes_that_were_killed_since()
    {
        using var fixture = new OomFixture(1);
        long beforeNs = SystemClock.MonotonicNs();
        var counters = new AgentCounters();
        using OomLog log = OomLog.Open(OomVictimMode.Auto, isV2: false, counters, new CapturingLogger(), beforeNs)!;
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatAs("victim"));
        int pid = shell.Pid;
        Assert.Null(log.FindVictim(pid, beforeNs, SystemClock.MonotonicNs()));
        shell.Continue();
        fixture.Await(path, 1);
        OomVictim victim = log.FindVictim(pid, beforeNs, SystemClock.MonotonicNs())!;
        Assert.Equal((pid, "victim", path), (victim.Pid, victim.Name, victim.Cgroup));
        Assert.Null(log.FindVictim(pid, SystemClock.MonotonicNs(), SystemClock.MonotonicNs()));
        Assert.Null(log.FindVictim(Environment.ProcessId, beforeNs, SystemClock.MonotonicNs()));
        Assert.Equal(0, counters[AgentCounter.KernelLogOverruns]);
    }

    [Fact]
    public void Exit_reason_is_oom_only_if_init_was_the_victim()
    {
        using var fixture = new OomFixture(3);
        (string victim, NamespaceProcess first) = fixture.Start("victim", OomFixture.EatAs("init"));
        (string survivor, NamespaceProcess second) = fixture.Start("survivor", OomFixture.EatInChild("kill -KILL $$"));

        // The shell says what has killed its child, so the status is the reason.
        (string shell, NamespaceProcess third) = fixture.Start("shell", OomFixture.EatInChild("exit $?"));
        foreach (NamespaceProcess process in (NamespaceProcess[])[first, second, third]) process.Continue();
        Assert.Equal(
            (ExitReason.Oom, ExitReason.Signal, ExitReason.Oom),
            (fixture.AwaitExit(victim), fixture.AwaitExit(survivor), fixture.AwaitExit(shell)));
        Assert.All((string[])[victim, survivor, shell], path => Assert.Equal(1, fixture.Killed(path)));
    }

    [Fact]
    public void Log_that_wraps_is_counted_and_then_read_again()
    {
        using var fixture = new OomFixture(2);
        (string path, NamespaceProcess shell) = fixture.Start("a", "read go; sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'; " + OomFixture.EatAs("after"));
        fixture.RunCycle();
        shell.Continue();

        // The watch reports the kill, and its lines are overwritten before the sampling thread looks.
        Eventually.True(() => fixture.Killed(path) == 1, "the kill");
        FillLog();
        RecordedOom lost = Assert.Single(fixture.Await(path, 1));
        Assert.False(lost.HasVictim);
        Assert.Equal(1, fixture.Counters[AgentCounter.KernelLogOverruns]);

        int pid = shell.Pid;
        shell.Continue();
        RecordedOom[] ooms = fixture.Await(path, 2);
        Assert.Equal((pid, "after"), (ooms[^1].VictimPid, ooms[^1].Text("victim_name")));
        Assert.Equal(1, fixture.Counters[AgentCounter.KernelLogOverruns]);
    }

    [Fact]
    public void ReadNew_without_new_records_allocates_nothing()
    {
        using OomLog log = OomLog.Open(OomVictimMode.Auto, isV2: false, new AgentCounters(), new CapturingLogger(), 0)!;
        for (int i = 0; i < 100; i++) log.ReadNew(i);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) log.ReadNew(i);
        }));
    }

    [RestrictedLogTheory]
    [InlineData("auto", LogLevel.Information)]
    [InlineData("on", LogLevel.Warning)]
    public void Open_without_CAP_SYSLOG_says_what_is_missing(string mode, LogLevel level)
    {
        var logger = new CapturingLogger();
        OomLog? log = null;
        ThreadCapabilities.Without([ThreadCapabilities.Syslog, ThreadCapabilities.SysAdmin], () =>
            log = OomLog.Open(Enum.Parse<OomVictimMode>(mode, ignoreCase: true), isV2: false, new AgentCounters(), logger, 0));
        using (log) Assert.Null(log);
        Assert.Contains("/dev/kmsg (EPERM)", Assert.Single(logger.Entries, entry => entry.Level == level).Message, StringComparison.Ordinal);
        Assert.Null(OomLog.Open(OomVictimMode.Off, isV2: false, new AgentCounters(), logger, 0));
        Assert.Single(logger.Messages);
    }

    /// <summary>Writes more than any kernel keeps by default (CONFIG_LOG_BUF_SHIFT is at most 25), until the oldest record is one of these.</summary>
    private static void FillLog()
    {
        string mark = $"nscollector test {Guid.NewGuid()} fills the log", line = $"<7>{mark} {new string('.', 900)}";
        for (int i = 0; !Command.Run("dmesg", "--raw").Split('\n')[0].Contains(mark, StringComparison.Ordinal); i++)
        {
            Assert.InRange(i, 0, 100);
            for (int j = 0; j < 500; j++) OomFixture.WriteToLog(line);
        }
    }
}
