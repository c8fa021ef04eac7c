using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Events;
using NsCollector.Sample.Oom;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Oom;

/// <summary>OOM kills that wait for victims which the kernel's log never describes.</summary>
[Collection(NamespaceTests.Name)]
public sealed class OomIntakeTests
{
    private const int Kills = 50;

    private readonly CgroupMounts _mounts = CgroupMounts.Find(new HostRoots());
    private readonly SampleOptions _options = new() { Interval = TimeSpan.FromHours(1), Network = NetworkMode.Off, OomVictims = OomVictimMode.On, Host = new() { Enabled = false } };
    private readonly AgentCounters _counters = new();
    private readonly RecordedOom.Consumer _consumer = new();

    private static Container NoSuch => new(1, new ContainerIdentity(ContainerRuntime.Cgroup, "a", "a"), "/nsc-test-no-such-cgroup", null);

    [Fact]
    public void Sampling_thread_allocates_nothing_while_kills_wait_for_their_victims()
    {
        var source = new FakeContainerSource();
        using var sampler = new Sampler(source, _consumer, _mounts, new HostRoots(), _options, _counters, NullLoggerFactory.Instance);
        Container container = NoSuch;
        long least = long.MaxValue, queued = 0;

        // Kills wait 100 ms: a round that took longer on a busy machine says nothing.
        for (int round = 0; round < 20 && least > 0; round++)
        {
            for (int i = 0; i < Kills; i++) source.Enqueue(new ContainerOom(container, queued++, WatchTexts.None, 1));
            sampler.RunBetweenCycles(long.MaxValue);
            int handedOver = _consumer.Ooms.Count;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++) sampler.RunBetweenCycles(long.MaxValue);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (_consumer.Ooms.Count == handedOver && sampler.PendingEventsDueNs != long.MaxValue) least = Math.Min(least, allocated);
        }

        Assert.Equal(0, least);
        Eventually.True(
            () =>
            {
                sampler.RunBetweenCycles(long.MaxValue);
                return _consumer.Ooms.Count == queued;
            },
            "all kills");
        Assert.Equal(long.MaxValue, sampler.PendingEventsDueNs);
    }

    [Fact]
    public void ProcessPending_hands_over_what_has_waited_long_enough_and_no_other()
    {
        long nowNs = SystemClock.MonotonicNs();
        using OomLog log = OomLog.Open(OomVictimMode.On, isV2: false, _counters, new CapturingLogger(), nowNs)!;
        using var cgroups = new CgroupSampler(_mounts, new HostRoots(), _options, _counters, NullLogger.Instance);
        OomIntake intake = Intake(log, cgroups);
        for (int i = 0; i < Kills; i++) intake.Process(new ContainerOom(NoSuch, i, WatchTexts.None, 1), null, null, nowNs + i);

        // Each comparison with the victims allocates.
        Assert.Equal(0, Allocated.LeastOf(() => intake.ProcessPending(nowNs + Kills)));
        Assert.Empty(_consumer.Ooms);
        Assert.Equal(nowNs + 100_000_000, intake.DueNs);
        Assert.True(intake.ProcessPending(nowNs + 100_000_000));
        Assert.Single(_consumer.Ooms);
        Assert.Equal(nowNs + 100_000_001, intake.DueNs);
        intake.ProcessPending(long.MaxValue);
        Assert.Equal((Kills, long.MaxValue), (_consumer.Ooms.Count, intake.DueNs));
    }

    [Fact]
    public void Kills_above_the_bound_replace_the_oldest()
    {
        const int Bound = 1024;
        long nowNs = SystemClock.MonotonicNs();
        using OomLog log = OomLog.Open(OomVictimMode.On, isV2: false, _counters, new CapturingLogger(), nowNs)!;
        using var cgroups = new CgroupSampler(_mounts, new HostRoots(), _options, _counters, NullLogger.Instance);
        OomIntake intake = Intake(log, cgroups);
        for (int i = 0; i <= Bound; i++)
        {
            Assert.Empty(_consumer.Ooms);
            intake.Process(new ContainerOom(NoSuch, i, WatchTexts.None, i + 1), null, null, nowNs);
        }

        Assert.Equal(1, Assert.Single(_consumer.Ooms).Kills);
        intake.ProcessPending(long.MaxValue);
        Assert.Equal(Enumerable.Range(1, Bound + 1).Select(kills => (long)kills), _consumer.Ooms.Select(oom => oom.Kills));
    }

    [Fact]
    public void Kill_without_a_victim_has_nothing_of_the_one_before()
    {
        long nowNs = SystemClock.MonotonicNs();
        using var fixture = new OomFixture(1);
        using OomLog log = OomLog.Open(OomVictimMode.On, isV2: false, _counters, new CapturingLogger(), nowNs)!;
        using var cgroups = new CgroupSampler(_mounts, new HostRoots(), _options, _counters, NullLogger.Instance);
        (string path, NamespaceProcess shell) = fixture.Start("a", OomFixture.EatAs("victim"));
        int pid = shell.Pid;
        shell.Continue();
        fixture.Await(path, 1);

        // As if the kernel had counted another kill that it did not describe.
        OomIntake intake = Intake(log, cgroups);
        intake.Process(new ContainerOom(NoSuch with { CgroupPath = path }, 1, WatchTexts.None, 2), null, null, nowNs);
        Assert.Empty(_consumer.Ooms);
        intake.ProcessPending(long.MaxValue);
        Assert.Equal([(1, true), (1, false)], _consumer.Ooms.Select(oom => (oom.Kills, oom.HasVictim)));
        Assert.Equal((pid, "victim"), (_consumer.Ooms[0].VictimPid, _consumer.Ooms[0].Text("victim_name")));
        Assert.Empty(_consumer.Ooms[1].Texts);
        Assert.DoesNotContain(Reading.OomVictimRssBytes, _consumer.Ooms[1].Readings.Keys);
    }

    [Fact]
    public void Kills_without_a_log_do_not_wait()
    {
        using var cgroups = new CgroupSampler(_mounts, new HostRoots(), _options, _counters, NullLogger.Instance);
        OomIntake intake = Intake(null, cgroups);
        intake.Process(new ContainerOom(NoSuch, 1, WatchTexts.None, 3), null, null, SystemClock.MonotonicNs());
        Assert.Equal((3, long.MaxValue), (Assert.Single(_consumer.Ooms).Kills, intake.DueNs));
    }

    private OomIntake Intake(OomLog? log, CgroupSampler cgroups) => new(
        new EventParser(new WatchedFiles(_mounts, _options), new HostRoots(), _options, _counters, cgroups.BlockLayers), new HostMemoryAtOom(new HostRoots(), cgroups.Reader.Files, _counters), log, true, _consumer);
}
