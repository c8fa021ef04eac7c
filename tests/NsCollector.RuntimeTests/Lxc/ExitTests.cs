using System.Diagnostics;

namespace NsCollector.RuntimeTests.Lxc;

/// <summary>Exits of LXC containers. No mount holds their network namespaces, so the final bytes come from the host's veth.</summary>
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
