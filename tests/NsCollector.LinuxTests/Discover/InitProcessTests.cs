using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>
/// Changes between reading cgroup.procs and opening a process in it. The process's files are FIFOs, so that discovery waits
/// at each of them until the test has made the change.
/// </summary>
public sealed class InitProcessTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("nscollector-test-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Find_pid_that_left_the_cgroup_before_open_is_refused() =>
        Assert.Null(InitFound(meanwhile: procs => File.WriteAllText(procs, "7\n")));

    [Fact]
    public void Find_pid_still_listed_after_open_is_used() =>
        Assert.Equal(42, InitFound(meanwhile: procs => File.WriteAllText(procs, "7\n42\n"))!.Pid);

    [Fact]
    public void Dispose_during_a_hanging_walk_returns()
    {
        string process = MakeContainerWhoseProcessIsFifos();
        ContainerDiscovery discovery = Discovery();
        var walk = new Thread(discovery.WalkOnce) { IsBackground = true };
        walk.Start();
        // The walk has opened the first file and waits at the second.
        LetBeOpened(process + "/status");
        var end = new Thread(discovery.Dispose) { IsBackground = true };
        end.Start();
        bool ended = end.Join(TimeSpan.FromSeconds(10));
        LetBeOpened(process + "/stat");
        Assert.True(walk.Join(TimeSpan.FromSeconds(30)));
        discovery.Dispose();
        Assert.True(ended);
    }

    private ProcessDirectory? InitFound(Action<string> meanwhile)
    {
        string process = MakeContainerWhoseProcessIsFifos();
        using ContainerDiscovery discovery = Discovery();
        var walk = new Thread(discovery.WalkOnce);
        walk.Start();

        // The directory is open once its first file is being opened; cgroup.procs is read again after the second.
        LetBeOpened(process + "/status");
        meanwhile(_root.FullName + "/cgroup/lxc.payload.web/cgroup.procs");
        LetBeOpened(process + "/stat");
        Assert.True(walk.Join(TimeSpan.FromSeconds(30)));
        ProcessDirectory? init = Assert.Single(discovery.Current.Containers).Init;
        return init;
    }

    private string MakeContainerWhoseProcessIsFifos()
    {
        string cgroup = _root.CreateSubdirectory("cgroup/lxc.payload.web").FullName;
        string process = _root.CreateSubdirectory("proc/42").FullName;
        File.WriteAllText(_root.FullName + "/cgroup/cgroup.controllers", "");
        File.WriteAllText(cgroup + "/cgroup.procs", "42\n");
        Command.Run("mkfifo", process + "/status", process + "/stat");
        return process;
    }

    private ContainerDiscovery Discovery()
    {
        var roots = new HostRoots(_root.FullName + "/proc", _root.FullName + "/cgroup", _root.FullName + "/run");
        return new ContainerDiscovery(CgroupMounts.Find(roots), roots, new DiscoverOptions(), new AgentCounters(), NullLogger.Instance);
    }

    private static void LetBeOpened(string fifo)
    {
        using FileStream writer = new(fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
    }
}
