using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Track;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>A discovery of a test's own cgroups, with the watch. After the start it only walks on request.</summary>
internal sealed class RunningDiscovery : IDisposable
{
    private readonly ContainerWatch _watch;
    private readonly ContainerDiscovery _discovery;
    private readonly WakeSignal _changed = new();
    private readonly List<ContainerEvent> _events = [];

    /// <param name="cgroups">The cgroups that it walks.</param>
    /// <param name="options">Changes its options.</param>
    /// <param name="start">Whether its threads run; else <see cref="Walk"/> does everything on the calling thread.</param>
    internal RunningDiscovery(TestCgroups cgroups, Func<DiscoverOptions, DiscoverOptions>? options = null, bool start = true)
    {
        CgroupMounts mounts = cgroups.Mounts();
        _watch = new ContainerWatch(Plan(mounts), new WatchOptions());
        Assert.Equal(0, _watch.Error);
        _watch.Start();
        var chosen = new DiscoverOptions { Interval = TimeSpan.FromHours(1), CgroupPaths = [cgroups.Parent + "/*"] };
        _discovery = new ContainerDiscovery(mounts, new HostRoots(), options?.Invoke(chosen) ?? chosen, Counters, NullLogger.Instance, _watch) { Changed = _changed };
        _discovery.WalkOnce();
        if (start) _discovery.Start();
    }

    internal AgentCounters Counters { get; } = new();

    internal ImmutableArray<Container> Containers
    {
        get
        {
            // As sampling does, which only uses the newest list.
            ContainerList list = _discovery.Current;
            _discovery.Acknowledge(list.Generation);
            return list.Containers;
        }
    }

    internal long Generation => _discovery.Current.Generation;

    internal int Watches => _discovery.Watches;

    /// <summary>The index of the file in the plan that contains the CPU time.</summary>
    internal static int CpuUsage => 0;

    internal static WatchPlan Plan(CgroupMounts mounts)
    {
        ImmutableArray<CgroupHierarchy> hierarchies = mounts.Hierarchies;
        int cpuacct = hierarchies.IndexOf(mounts.For("cpuacct")!);
        int unified = mounts.Unified is { } v2 ? hierarchies.IndexOf(v2) : -1;
        return new WatchPlan(hierarchies, [new WatchedFile(cpuacct, "cpuacct.usage", AtExit: true, AtOom: false)], hierarchies.IndexOf(mounts.For("memory")!), unified);
    }

    /// <summary>How many descriptors of a process's directory the test has open.</summary>
    internal static int Held(int pid) => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget)
        .Count(target => target is not null && (target + " ").StartsWith($"/proc/{pid} ", StringComparison.Ordinal));

    internal void Walk() => _discovery.WalkOnce();

    internal ContainerExit[] Exits(string path) => [.. Events().OfType<ContainerExit>().Where(exit => exit.Container.CgroupPath == path)];

    internal ContainerExit WaitForExit(string path)
    {
        Eventually.True(() => Exits(path).Length > 0, $"the exit of {path}");
        return Assert.Single(Exits(path));
    }

    internal Container WaitForContainer(string path)
    {
        Eventually.True(() => Containers.Any(container => container.CgroupPath == path && container.Init is not null), $"{path} to be published");
        return Containers.Single(container => container.CgroupPath == path);
    }

    internal ContainerEvent[] Events()
    {
        while (_discovery.TryDequeueEvent(out ContainerEvent? happened)) _events.Add(happened);
        return [.. _events];
    }

    public void Dispose()
    {
        _discovery.Dispose();
        _watch.Dispose();
        _changed.Dispose();
    }
}
