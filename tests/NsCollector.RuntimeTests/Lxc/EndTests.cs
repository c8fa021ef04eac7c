using System.Diagnostics;
using NsCollector.RuntimeTests.Kernel;
using NsCollector.RuntimeTests.LineProtocol;

namespace NsCollector.RuntimeTests.Lxc;

/// <summary>An LXC container that ends while an agent runs. Nothing holds its network namespace: what is known of its last bytes is what the host's end of its veth pair says.</summary>
public sealed class EndTests : IDisposable
{
    private const string Name = "ending-1.x";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    private string Metrics => Path.Combine(_directory, "metrics.lp");

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void It_is_seen_at_once_and_ends_once_with_its_signal_and_the_bytes_of_its_interface()
    {
        using Process agent = AgentProgram.Run(Metrics, "filter:include=lxc/*", "agent:interval=10s");
        try
        {
            Eventually.True(() => Points("nscollector").Any(), "the agent's first cycle");
            using (var container = new LxcContainer(Name, 64 << 20))
            {
                Eventually.True(() => Of("container_info").Any(point => point.Integer("pid") == container.Pid), "its first sample, long before the next cycle");
                Command.Run("busybox", "ping", "-c", "5", "-s", "1000", LxcContainer.Address);
                var before = ProcessNetwork.Read(container.Pid, "eth0");
                Assert.True(before.RxBytes >= 5 * 1000, "the pings did not arrive");

                Command.Run("kill", "-KILL", $"{container.Pid}");
                Eventually.True(() => Of("container_exit").Any(), "its end");
                Point exit = Assert.Single(Of("container_exit"));
                Assert.Equal(9, exit.Integer("exit_signal"));
                Assert.False(exit.Has("exit_code"));
                Assert.Equal(true, exit.Fields["final"]);
                Assert.Equal(true, exit.Fields["network_final"]);

                // What IPv6 says by itself meanwhile.
                Assert.InRange(exit.Integer("rx_bytes"), before.RxBytes, before.RxBytes + 5000);
                Assert.InRange(exit.Integer("tx_bytes"), before.TxBytes, before.TxBytes + 5000);
            }

            Assert.Equal(0, AgentProgram.Stop(agent));
            Assert.Single(Of("container_exit"));
        }
        finally
        {
            if (!agent.HasExited) agent.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private IEnumerable<Point> Of(string measurement) => Points(measurement).Where(point => point.Container == Name);

    private IEnumerable<Point> Points(string measurement) => AgentProgram.ReadFile(Metrics).Where(point => point.Measurement == measurement);
}
