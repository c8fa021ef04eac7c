using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>
/// What happens while discovery is between reading cgroup.procs and having opened the process that it names. The process's
/// files are FIFOs here, so that discovery waits at each of them until the test has done what it wants to have happened.
/// </summary>
public sealed class InitProcessTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("nscollector-test-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_pid_that_left_the_cgroup_before_it_was_opened_is_refused_as_it_may_be_another_process_by_then() =>
        Assert.Null(InitFound(meanwhile: procs => File.WriteAllText(procs, "7\n")));

    [Fact]
    public void A_pid_that_is_still_listed_when_it_has_been_opened_is_taken() =>
        Assert.Equal(42, InitFound(meanwhile: procs => File.WriteAllText(procs, "7\n42\n"))!.Pid);

    [Fact]
    public void A_walk_that_hangs_does_not_keep_the_agent_from_ending()
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
