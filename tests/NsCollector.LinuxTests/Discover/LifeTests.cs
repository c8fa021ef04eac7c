using System.Diagnostics;
using System.Globalization;
using System.Text;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Discover.Watch;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Lives of containers on the real kernel: cgroups that a test creates, with processes that it moves there and kills.</summary>
[Collection(NamespaceTests.Name)]
public sealed class LifeTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly RunningDiscovery _discovery;

    public LifeTests() => _discovery = new RunningDiscovery(_cgroups);

    public void Dispose()
    {
        _discovery.Dispose();
        _cgroups.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(137)]
    public void Exit_has_the_exit_code_of_init(int code)
    {
        NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", string.Create(CultureInfo.InvariantCulture, $"read go; exit {code}"));
        string path = _cgroups.MakeWithProcess("web", process);
        Container container = _discovery.WaitForContainer(path);
        long before = Now();
        process.Continue();
        ContainerExit exit = _discovery.WaitForExit(path);
        Assert.Equal((code, null, ExitReason.Exited), (exit.ExitCode, exit.ExitSignal, exit.Reason));
        Assert.True(exit.IsFinal);
        Assert.InRange(exit.TimestampNs, before, Now());
        Assert.Equal(container.Key, exit.Container.Key);

        // A tick of USER_HZ is 10 ms.
        long startedNs = Libc.ClockGettime(Libc.CLOCK_REALTIME) - Libc.ClockGettime(Libc.CLOCK_BOOTTIME) + container.StartedBoottimeNs!.Value;
        Assert.InRange(exit.LifetimeNs!.Value, exit.TimestampNs - startedNs - 50_000_000, exit.TimestampNs - startedNs + 50_000_000);
    }

    [Fact]
    public void Exit_of_killed_init_has_the_signal_and_no_code()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("killed");
        _discovery.WaitForContainer(path);
        process.Kill();
        ContainerExit exit = _discovery.WaitForExit(path);
        Assert.Equal((null, 9, ExitReason.Signal), (exit.ExitCode, exit.ExitSignal, exit.Reason));
    }

    [Theory]
    [InlineData("exec tail /dev/zero", null, 9, "Oom")]
    [InlineData("tail /dev/zero", 137, null, "Oom")]
    [InlineData("tail /dev/zero; exit 3", 3, null, "Exited")]

    // Too late: the kill of a child need not be why it returns.
    [InlineData("tail /dev/zero; sleep 1.3; exit 137", 137, null, "Exited")]
    public void Exit_reason_is_oom_if_killed_or_137_right_after_an_oom_kill(string script, int? code, int? signal, string reason)
    {
        const string Limit = "8388608";
        NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", "read go; " + script);
        string path = _cgroups.MakeWithProcess("hungry", process);
        string memory = _cgroups.Hierarchies.First(hierarchy => File.Exists(hierarchy + path + "/memory.limit_in_bytes")) + path;
        File.WriteAllText(memory + "/memory.limit_in_bytes", Limit);

        // Swap would delay the kill.
        if (File.Exists(memory + "/memory.memsw.limit_in_bytes")) File.WriteAllText(memory + "/memory.memsw.limit_in_bytes", Limit);
        _discovery.WaitForContainer(path);
        process.Continue();
        ContainerExit exit = _discovery.WaitForExit(path);
        Assert.Contains("oom_kill 1\n", File.ReadAllText(memory + "/memory.oom_control"), StringComparison.Ordinal);
        Assert.Equal((code, signal, reason), (exit.ExitCode, exit.ExitSignal, exit.Reason.ToString()));
    }

    [Fact]
    public void Exit_has_the_kernels_final_totals()
    {
        NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; read go; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exit 0");
        string path = _cgroups.MakeWithProcess("burner", process);
        _discovery.WaitForContainer(path);
        long before = 0;
        Eventually.True(
            () =>
            {
                before = Usage();
                Thread.Sleep(50);
                return Usage() == before;
            },
            "it to wait for the word");
        process.Continue();
        ContainerExit exit = _discovery.WaitForExit(path);
        long told = long.Parse(Encoding.ASCII.GetString(exit.Texts[RunningDiscovery.CpuUsage]).Trim(), CultureInfo.InvariantCulture);
        long final = Usage();

        // A process still uses CPU time after it has become a zombie (67 µs were observed), without a bound if the CPU is taken
        // away meanwhile. Only a read at its exit has most of its CPU time.
        Assert.InRange(told, final - ((final - before) / 10), final);

        long Usage() => long.Parse(
            File.ReadAllText(_cgroups.Hierarchies.First(hierarchy => hierarchy.Contains("cpuacct", StringComparison.Ordinal)) + path + "/cpuacct.usage").Trim(),
            CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Exit_with_cgroup_removed_at_once_is_published_once()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("short");
        _discovery.WaitForContainer(path);
        process.Kill();
        _cgroups.Remove(path);
        _discovery.WaitForExit(path);
        Eventually.True(() => _discovery.Containers.IsEmpty, "the container to be gone");
        Thread.Sleep(1500);
        Assert.Single(_discovery.Exits(path));
        Assert.Equal(1, _discovery.Counters[AgentCounter.ContainersEnded]);
    }

    [Fact]
    public void Exit_waits_for_processes_that_outlive_init()
    {
        NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", "read go; sleep 1000 & read go; exit 5");
        string path = _cgroups.MakeWithProcess("outlived", process);
        _discovery.WaitForContainer(path);
        process.Continue();
        string procs = _cgroups.Hierarchies[0] + path + "/cgroup.procs";
        Eventually.True(() => WatchFixture.PidsIn(procs).Length == 2, "the child");
        int child = Assert.Single(WatchFixture.PidsIn(procs), pid => pid != process.Pid);
        process.Continue();
        Thread.Sleep(700);
        Assert.Empty(_discovery.Exits(path));
        using (Process last = Process.GetProcessById(child)) last.Kill();
        ContainerExit exit = _discovery.WaitForExit(path);
        Assert.Equal(5, exit.ExitCode);
        Assert.True(exit.IsFinal);
    }

    [Fact]
    public void Container_restarted_in_its_cgroup_has_two_lives()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("again");
        long key = _discovery.WaitForContainer(path).Key;
        first.Kill();
        _discovery.WaitForExit(path);
        using NamespaceProcess second = NamespaceProcess.Start();
        _cgroups.Put(path, second.Pid);
        Eventually.True(() => _discovery.Containers.SingleOrDefault(container => container.CgroupPath == path)?.Init?.Pid == second.Pid, "the second life");
        Assert.Equal(key, _discovery.WaitForContainer(path).Key);
        second.Kill();
        Eventually.True(() => _discovery.Exits(path).Length == 2, "the second exit");
        Assert.Equal(2, _discovery.Counters[AgentCounter.ContainersBorn]);
    }

    [Fact]
    public void Cgroup_created_again_under_its_name_is_another_container()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("renewed");
        long key = _discovery.WaitForContainer(path).Key;
        first.Kill();
        _cgroups.Remove(path);
        (_, NamespaceProcess second) = _cgroups.MakeWithProcess("renewed");
        Eventually.True(() => _discovery.Containers.Any(container => container.Init?.Pid == second.Pid), "the second container");
        Assert.NotEqual(key, _discovery.Containers.Single(container => container.Init?.Pid == second.Pid).Key);
        Assert.Equal(key, _discovery.WaitForExit(path).Container.Key);

        // The exited container does not affect the live one: neither has an id tag.
        Assert.Null(_discovery.Containers.Single(container => container.Init?.Pid == second.Pid).IdTag);
    }

    [Fact]
    public void Cgroup_without_a_process_has_no_exit_and_is_counted_as_missed()
    {
        string path = _cgroups.Make("stillborn");
        Thread.Sleep(200);
        _cgroups.Remove(path);
        Eventually.True(() => _discovery.Counters[AgentCounter.ContainersMissed] == 1, "the miss to be counted");
        Assert.Empty(_discovery.Exits(path));
    }

    [Fact]
    public void Filtered_container_has_no_exit()
    {
        using var filtered = new RunningDiscovery(_cgroups, options => options with { Filter = new FilterOptions { Exclude = ["*/*secret"] } });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("secret");
        _discovery.WaitForContainer(path);
        process.Kill();
        _discovery.WaitForExit(path);
        Thread.Sleep(1200);
        Assert.Empty(filtered.Exits(path));
    }

    [Theory]
    [InlineData("docker/wanted-*", 1)]
    [InlineData("podman/*", 0)]
    public void Container_without_a_name_that_filters_may_include_counts_as_missed(string include, int missed)
    {
        using var nameless = new TemporaryDirectory();
        using var filtered = new RunningDiscovery(_cgroups, options => options with
        {
            CgroupPaths = [_cgroups.Parent + "/last"],
            DockerRoots = [nameless.Path],
            Filter = new FilterOptions { Include = [include, "cgroup/last"] },
        });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("docker/" + new string('5', 64));
        Eventually.True(() => RunningDiscovery.Held(process.Pid) > 0, "its process to be held");
        process.Kill();
        _cgroups.Remove(path);

        // A later container whose exit is published is not waited for any longer.
        Thread.Sleep(TimeSpan.FromSeconds(3));
        string last = _cgroups.MakeWithProcess("last").Path;
        filtered.WaitForContainer(last);
        Eventually.True(() => filtered.Counters[AgentCounter.ContainersMissed] == missed, $"{missed} missed");
        Assert.Empty(filtered.Exits(path));
    }

    [Fact]
    public void Exit_during_the_agents_stop_is_published()
    {
        string path = _cgroups.Make("last");

        // Its parent never reaps it, so the exit waits for its status.
        using Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", "sleep infinity & echo $!; exec sleep infinity"]) { RedirectStandardOutput = true })!;
        try
        {
            int child = int.Parse(parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
            _cgroups.Put(path, child);
            _discovery.WaitForContainer(path);
            Command.Run("kill", "-KILL", child.ToString(CultureInfo.InvariantCulture));
            Eventually.True(() => _discovery.Containers.All(container => container.Init is null), "the report of its exit");
            Assert.Empty(_discovery.Exits(path));
            _discovery.Dispose();
            Assert.Single(_discovery.Exits(path));
        }
        finally
        {
            parent.Kill();
        }
    }

    private static long Now() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
}
