using System.Globalization;
using System.Diagnostics;

namespace NsCollector.RuntimeTests.Lxc;

/// <summary>Exits of LXC containers. No mount holds their network namespaces, so the final bytes come from the host's veth.</summary>
[Collection(LxcCollection.Name)]
public sealed class ExitTests : IDisposable
{
    private const string Name = "ending-1.x";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    private string Metrics => Path.Combine(_directory, "metrics.lp");

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Exit_is_reported_once_with_signal_and_final_network_bytes()
    {
        int ends = 0;
        using Process agent = AgentProgram.Run(Metrics, "filter:include=lxc/*", "agent:interval=10s");
        try
        {
            Eventually.True(() => Points("nscollector").Any(), "the agent's first cycle");
            // The kernel removes the interface while the agent reads its final counters: one of three must succeed.
            bool isNetworkFinal = false;
            for (ends = 0; ends < 3 && !isNetworkFinal; ends++) isNetworkFinal = HasFinalNetwork(ends);
            Assert.True(isNetworkFinal, "none of three containers has final network counters");

            Assert.Equal(0, AgentProgram.Stop(agent));
            Assert.Equal(ends, Of("container_exit").Count());
        }
        finally
        {
            if (!agent.HasExited) agent.Kill();
        }
    }

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Stopped_containers_are_counted_and_the_running_one_has_a_start()
    {
        string roots = Path.Combine(_directory, "lxc");
        foreach (string name in (string[])[Name, "stopped-1", "stopped-2"])
        {
            Directory.CreateDirectory(Path.Combine(roots, name));
            File.WriteAllText(Path.Combine(roots, name, "config"), "");
        }

        using Process agent = AgentProgram.Run(Metrics, "filter:include=lxc/*", "agent:interval=1s", $"discovery:lxc_roots={roots}", "discovery:container_states=1s", "cgroup:limits_interval=1s");
        try
        {
            Eventually.True(() => Counts() is (0, 0, 3), "none to run", () => $"{Counts()}");
            long startedNs;
            using (var container = new LxcContainer(Name, 64 << 20))
            {
                startedNs = StartNs(container.Pid);
                Eventually.True(() => Counts() is (1, 0, 2), "one to run", () => $"{Counts()}");
                container.Cgroup.SetFrozen(true);
                Eventually.True(() => Counts() is (0, 1, 2), "it to be paused", () => $"{Counts()}");
                container.Cgroup.SetFrozen(false);
            }

            Eventually.True(() => Counts() is (0, 0, 3), "it to be stopped", () => $"{Counts()}");
            Eventually.True(() => Of("container_exit").Any(), "its exit");

            // On a busy machine the agent sees the cgroup after its first process has started. Then the time between them is not known.
            Point start = Assert.Single(Of("container_start"));
            if (!start.Has("first_process_ns")) Assert.True(start.TimestampNs > startedNs, $"seen at {start.TimestampNs}, started at {startedNs}");
            Assert.False(Of("container_exit").Single().Has("restart_count"));
        }
        finally
        {
            if (!agent.HasExited) agent.Kill();
        }

        (long Running, long Paused, long Stopped) Counts() => (Counted("running"), Counted("paused"), Counted("stopped"));

        long Counted(string state) =>
            Points("container_state").LastOrDefault(point => point.Tags["runtime"] == "lxc" && point.Tags["state"] == state)?.Integer("containers") ?? -1;
    }

    /// <returns>When a process started (field 22 of /proc/PID/stat, in ticks since boot), in nanoseconds since the epoch, exact to two ticks.</returns>
    private static long StartNs(int pid)
    {
        const long TickNs = 10_000_000;
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        long ticks = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        double uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 - ((long)(uptime * 1e9) - (ticks * TickNs));
    }

    /// <returns>Whether its bytes were read after its exit; otherwise they are those of its last sample.</returns>
    private bool HasFinalNetwork(int endsBefore)
    {
        // LXC would name the cgroup of a second container differently while the first one's exists.
        Eventually.True(
            () => !Directory.EnumerateDirectories("/sys/fs/cgroup", $"lxc.payload.{Name}*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Any(),
            "the previous container is removed");
        using var container = new LxcContainer(Name, 64 << 20);
        Eventually.True(() => Of("container_info").Any(point => point.Has("pid") && point.Integer("pid") == container.Pid), "its first sample");
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", LxcContainer.Address);
        var before = ProcessNetwork.Read(container.Pid, "eth0");
        Assert.True(before.RxBytes >= 5 * 1000, "the pings did not arrive");

        Command.Run("kill", "-KILL", $"{container.Pid}");
        Eventually.True(() => Of("container_exit").Count() > endsBefore, "its exit");
        Point exit = Of("container_exit").Last();
        Assert.Equal(9, exit.Integer("exit_signal"));
        Assert.False(exit.Has("exit_code"));
        Assert.Equal("signal", exit.Text("exit_reason"));
        Assert.Equal(true, exit.Fields["final"]);
        bool isFinal = exit.Fields["network_final"] is true;

        // IPv6 sends packets of its own in between.
        Assert.InRange(exit.Integer("rx_bytes"), isFinal ? before.RxBytes : 0, before.RxBytes + 5000);
        Assert.InRange(exit.Integer("tx_bytes"), isFinal ? before.TxBytes : 0, before.TxBytes + 5000);
        return isFinal;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private IEnumerable<Point> Of(string measurement) => Points(measurement).Where(point => point.Container == Name);

    private IEnumerable<Point> Points(string measurement) => AgentProgram.ReadFile(Metrics).Where(point => point.Measurement == measurement);
}
