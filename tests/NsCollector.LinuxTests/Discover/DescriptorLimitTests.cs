using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Lowers the descriptor limit of the whole process, so no other test may run at the same time.</summary>
[Collection("The process's descriptor limit")]
public sealed class DescriptorLimitTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("nscollector-test-");
    private readonly AgentCounters _counters = new();

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void More_containers_than_descriptors_leave_a_reserve()
    {
        Make(containers: 400);
        using ContainerDiscovery discovery = Discovery();
        int opened = 0;
        WithRoomFor(300, () =>
        {
            discovery.WalkOnce();
            opened = Fill();
        });
        Assert.Equal(400, discovery.Current.Containers.Length);
        Assert.InRange(discovery.Current.Containers.Count(c => c.Init is not null), 1, 299);
        Assert.True(opened >= 75, $"only {opened} descriptors were left");
        Assert.True(_counters[AgentCounter.DiscoveryErrors] > 0);

        discovery.WalkOnce();
        Assert.All(discovery.Current.Containers, c => Assert.NotNull(c.Init));
    }

    [Fact]
    public void Init_process_stays_if_no_descriptor_is_left_to_search_again()
    {
        Make(containers: 1);
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        ProcessDirectory? init = discovery.Current.Containers[0].Init;
        Assert.NotNull(init);
        WithRoomFor(0, discovery.WalkOnce);
        Assert.Same(init, discovery.Current.Containers[0].Init);
    }

    // Opens as many as possible, and closes them again.
    private static int Fill()
    {
        var opened = new List<int>();
        for (int d; (d = Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_PATH)) >= 0;) opened.Add(d);
        foreach (int descriptor in opened) Libc.Close(descriptor);
        return opened.Count;
    }

    private static void WithRoomFor(int descriptors, Action action)
    {
        Assert.Equal(0, Libc.Getrlimit(Libc.RLIMIT_NOFILE, out Libc.Rlimit limit));
        // The finalizer could close descriptors of earlier tests meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int highest = Directory.GetFiles("/proc/self/fd").Max(f => int.Parse(Path.GetFileName(f), CultureInfo.InvariantCulture));
        var filling = new List<int>();
        try
        {
            // Leaves no number below the highest free.
            for (int d; (d = Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_PATH)) >= 0 && d <= highest;) filling.Add(d);
            Assert.Equal(0, Libc.Setrlimit(Libc.RLIMIT_NOFILE, limit with { Soft = (ulong)(highest + 1 + descriptors) }));
            action();
        }
        finally
        {
            Libc.Setrlimit(Libc.RLIMIT_NOFILE, limit);
            foreach (int descriptor in filling) Libc.Close(descriptor);
        }
    }

    private void Make(int containers)
    {
        _root.CreateSubdirectory("cgroup");
        File.WriteAllText(_root.FullName + "/cgroup/cgroup.controllers", "");
        for (int pid = 1; pid <= containers; pid++)
        {
            string process = _root.CreateSubdirectory($"proc/{pid}").FullName;
            File.WriteAllText(process + "/status", $"Name:\tx\nNSpid:\t{pid}\t5\n");
            File.WriteAllText(process + "/stat", $"{pid} (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n");
            File.WriteAllText(process + "/cwd", "");
            File.WriteAllText(_root.CreateSubdirectory($"cgroup/lxc.payload.c{pid}").FullName + "/cgroup.procs", $"{pid}\n");
        }
    }

    private ContainerDiscovery Discovery()
    {
        var roots = new HostRoots(_root.FullName + "/proc", _root.FullName + "/cgroup", _root.FullName + "/run");
        return new ContainerDiscovery(CgroupMounts.Find(roots), roots, new DiscoverOptions(), _counters, NullLogger.Instance);
    }
}
