using Microsoft.Extensions.Logging.Abstractions;
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

    [Fact]
    public void ProcessPending_without_new_victims_compares_nothing_again()
    {
        HostRoots roots = new();
        CgroupMounts mounts = CgroupMounts.Find(roots);
        var options = new SampleOptions();
        var counters = new AgentCounters();
        var consumer = new RecordedOom.Consumer();
        long nowNs = SystemClock.MonotonicNs();
        using OomLog log = OomLog.Open(OomVictimMode.On, isV2: false, counters, new CapturingLogger(), nowNs)!;
        using var cgroups = new CgroupSampler(mounts, roots, options, counters, NullLogger.Instance);
        var intake = new OomIntake(
            new EventParser(new WatchedFiles(mounts, options), roots, options, counters, cgroups.BlockLayers), new HostMemoryAtOom(roots, cgroups.Reader.Files, counters), log, true, consumer);
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, "a", "a"), "/nsc-test-no-such-cgroup", null);
        for (int i = 0; i < Kills; i++) intake.Process(new ContainerOom(container, i, WatchTexts.None, 1), null, null, nowNs + i);

        // Each comparison with the victims allocates.
        Assert.Equal(0, Allocated.LeastOf(() => intake.ProcessPending(nowNs + Kills)));
        Assert.Empty(consumer.Ooms);

        // Those that have waited long enough are handed over, and no others.
        Assert.True(intake.ProcessPending(nowNs + 100_000_000));
        Assert.Single(consumer.Ooms);
        intake.ProcessPending(long.MaxValue);
        Assert.Equal((Kills, long.MaxValue), (consumer.Ooms.Count, intake.DueNs));
    }
}
