using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Identify.Daemons;

/// <summary>A procfs of plain files.</summary>
public sealed class HostDaemonsTests : IDisposable
{
    private const string Id = NamesFixture.Id;
    private const string OfRoot = "Uid:\t0\t0\t0\t0\nNSpid:\t{0}\n";

    private readonly TemporaryDirectory _tree = new();
    private readonly AgentCounters _counters = new();
    private readonly HostDaemons _daemons;

    public HostDaemonsTests() =>
        _daemons = new HostDaemons(new HostRoots(Proc: _tree.Path, Run: "/host/run"), _counters, new RateLimitedLog(NullLogger.Instance));

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Daemons_of_the_host_are_found_by_command_line()
    {
        Process(100, "dockerd", "dockerd --data-root=/srv/docker/");
        Process(101, "containerd", "containerd --state /run/k0s/containerd");
        Process(102, "containerd-shim", "containerd-shim --state /no");
        _daemons.Scan();
        Assert.Equal(["/srv/docker", _tree["1/root/srv/docker"]], _daemons.DataRoots.Paths);
        Assert.Equal(["/host/run/k0s/containerd"], _daemons.ContainerdStates.Paths);
    }

    [Fact]
    public void Configuration_file_is_read_below_the_roots_of_the_host()
    {
        _tree.Write("1/root/etc/docker/daemon.json", """{ "data-root": "/srv/json" }""");
        _tree.Write("1/root/var/snap/args/containerd.toml", "state = \"/var/snap/run\"\n");
        Process(100, "dockerd", "dockerd -H fd://");
        Process(101, "containerd", "containerd --config /var/snap/args/containerd.toml");
        _daemons.Scan();
        Assert.Contains("/srv/json", _daemons.DataRoots.Paths);
        Assert.Contains("/var/snap/run", _daemons.ContainerdStates.Paths);
        Assert.Equal(0, _counters[AgentCounter.IdentityErrors]);
    }

    [Fact]
    public void Missing_configuration_file_counts_and_is_tried_again()
    {
        Process(100, "dockerd", "dockerd --config-file=/nscollector/none.json");
        for (int scans = 0; scans < 3; scans++) _daemons.Scan();
        Assert.Equal(1, _counters[AgentCounter.IdentityErrors]);
        _tree.Write("1/root/nscollector/none.json", """{ "data-root": "/srv/later" }""");
        _daemons.Scan();
        Assert.Contains("/srv/later", _daemons.DataRoots.Paths);
        Assert.Equal(1, _counters[AgentCounter.IdentityErrors]);
    }

    [Fact]
    public void Unreadable_configuration_file_counts_once_for_each_version()
    {
        Process(100, "dockerd", "dockerd --config-file=/nscollector/none.json");
        _daemons.Scan();
        string directory = _tree.MakeDirectory("1/root/nscollector/none.json");
        for (int scans = 0; scans < 3; scans++) _daemons.Scan();
        Assert.Equal(2, _counters[AgentCounter.IdentityErrors]);
        Directory.SetLastWriteTimeUtc(directory, DateTime.UnixEpoch);
        for (int scans = 0; scans < 3; scans++) _daemons.Scan();
        Assert.Equal(3, _counters[AgentCounter.IdentityErrors]);
    }

    [Theory]
    [InlineData("1:memory:/docker/" + Id + "\n")]
    [InlineData("2:cpu:/\n0::/system.slice/docker-" + Id + ".scope/inner\n")]
    [InlineData("0::/lxc.payload.web/system.slice/docker.service\n")]
    [InlineData("0::/machine.slice/systemd-nspawn@web.service/payload/x\n")]
    [InlineData("")]
    public void Process_in_a_container_is_not_believed(string cgroups)
    {
        Process(100, "dockerd", "dockerd --data-root=/srv/docker", cgroups: cgroups);
        AssertNone();
    }

    [Theory]
    [InlineData("Uid:\t1000\t0\t0\t0\nNSpid:\t100\n")]
    [InlineData("Uid:\t1000\t1000\t1000\t1000\nNSpid:\t100\n")]
    [InlineData("Uid:\t0\t0\t0\t0\nNSpid:\t100\t1\n")]
    [InlineData("Uid:\t0\t0\t0\t0\n")]
    [InlineData("")]
    public void Process_of_a_user_or_another_pid_namespace_is_not_believed(string status)
    {
        Process(100, "dockerd", "dockerd --data-root=/srv/docker", status);
        AssertNone();
    }

    [Fact]
    public void Setuid_program_with_the_name_of_a_daemon_is_not_believed()
    {
        Process(100, "dockerd", "dockerd -p --data-root=/tmp/x -S true");
        Command.Run("chmod", "4711", _tree.Write("100/exe", ""));
        AssertNone();
    }

    [Fact]
    public void Program_of_a_login_session_that_cannot_be_seen_is_not_believed()
    {
        Process(100, "dockerd", "dockerd --data-root=/srv/docker", cgroups: "0::/user.slice/user-1000.slice/session-1.scope\n");
        AssertNone();
    }

    [Fact]
    public void Directories_beyond_the_bound_are_counted()
    {
        for (int i = 0; i < DaemonDirectories.Max + 3; i++) Process(100 + i, "containerd", $"containerd --state /run/state{i}");
        _daemons.Scan();
        Assert.Equal((DaemonDirectories.Max, 3L), (_daemons.ContainerdStates.Paths.Length, _counters[AgentCounter.IdentityErrors]));
    }

    [Fact]
    public void Scan_that_finds_nothing_new_allocates_nothing()
    {
        Process(100, "dockerd", "dockerd --data-root=/srv/docker");
        Process(101, "dockerd", "dockerd --data-root=/srv/docker", cgroups: "0::/docker/" + Id);
        _daemons.Scan();
        Assert.Equal(0, Allocated.LeastOf(_daemons.Scan));
    }

    private void AssertNone()
    {
        _daemons.Scan();
        Assert.Empty(_daemons.DataRoots.Paths);
        Assert.Empty(_daemons.ContainerdStates.Paths);
    }

    private void Process(int pid, string comm, string words, string? status = null, string cgroups = "0::/system.slice/x.service\n")
    {
        _tree.Write($"{pid}/comm", comm + "\n");
        _tree.Write($"{pid}/status", status ?? OfRoot.Replace("{0}", $"{pid}", StringComparison.Ordinal));
        _tree.Write($"{pid}/cgroup", cgroups);
        _tree.Write($"{pid}/cmdline", words.Replace(' ', '\0') + "\0");
        _tree.Write($"{pid}/stat", $"{pid} (a) b) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 {pid}77 1 1\n");
    }
}
