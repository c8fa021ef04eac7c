using System.Globalization;
using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>Sockets of containers, counted by the confined service on cgroup v2.</summary>
[Collection(GuestCollection.Name)]
public sealed class ConnectionsTests(Guest guest)
{
    private const string Name = "nsc-sockets", NameInHostNetwork = "nsc-host-sockets";
    private const int Clients = 5;

    // Each connection has both of its ends in the container.
    private static readonly string Command =
        $"sh -c 'nc -ll -p 8080 -e sleep 3600 & sleep 1; for i in 1 2 3 4 5; do nc 127.0.0.1 8080 -e sleep 3600 & done; exec sleep 3600'";

    [GuestFact]
    public void Points_and_page_have_the_sockets_that_ss_lists()
    {
        // Debian loads these modules only for a program that asks for sockets, such as ss. The agent does not.
        guest.Run("modprobe -a tcp_diag udp_diag");
        Engine podman = Engine.Podman(guest);
        podman.Remove(Name, NameInHostNetwork);
        try
        {
            podman.Start(Name, "", Command);
            podman.Start(NameInHostNetwork, "--network host", "nc -ll -p 8099 -e sleep 3600");
            RunningContainer container = podman.Inspect(Name), inHostNetwork = podman.Inspect(NameInHostNetwork);
            string ss = $"nsenter -t {container.Pid} -n ss -H -t -a -n state";
            Guest.Await(() => Count($"{ss} established") == 2 * Clients, "the connections", () => guest.Run($"{ss} all"));

            using var agent = new InstalledAgent(guest, "[network]\nconnections = on\nconnections_interval = 1s\n[http]\nlisten = 127.0.0.1:9469\n");
            Point point = AwaitedPoint(agent, container, found => found.Has("established"));
            Assert.Equal((Count($"{ss} established"), Count($"{ss} listening")), (point.Integer("established"), point.Integer("listen")));
            Assert.InRange(point.Integer("rtt_min_us"), 1, point.Integer("rtt_p95_us"));
            Assert.Equal(0, point.Integer("accept_queue"));

            // The kernel names the cgroup of each socket of the host's namespace.
            point = AwaitedPoint(agent, inHostNetwork, found => found.Has("listen") && found.Integer("listen") > 0);
            Assert.Equal(Count($"ss -H -t -l -n -p | grep 'pid={inHostNetwork.Pid},'"), point.Integer("listen"));

            foreach (string family in (string[])["tcp", "tcp6"])
            {
                // proc_net_tcp: the fourth column is the state; 01 is ESTABLISHED.
                string end = $"name=\"{Name}\",tcp_state=\"established\"}} {Count($"awk '$4 == \"01\"' /proc/{container.Pid}/net/{family}")}";
                Guest.Await(
                    () => Page().Any(line => line.StartsWith($"container_network_{family}_usage_total{{", StringComparison.Ordinal) && line.EndsWith(end, StringComparison.Ordinal)),
                    end, () => string.Join('\n', Page().Where(line => line.Contains("_usage_total{", StringComparison.Ordinal) && line.Contains(Name, StringComparison.Ordinal))));
            }

            Assert.Contains(Page(), line => line.StartsWith("container_network_udp_usage_total{", StringComparison.Ordinal) && line.Contains($"name=\"{Name}\"", StringComparison.Ordinal));
            Point self = agent.Points.Last(found => found.Measurement == "nscollector" && found.Has("connection_errors"));
            Assert.Equal(0, self.Integer("connection_errors"));
        }
        finally
        {
            podman.Remove(Name, NameInHostNetwork);
        }
    }

    private static Point AwaitedPoint(InstalledAgent agent, RunningContainer container, Func<Point, bool> isWanted)
    {
        Point? point = null;
        Guest.Await(
            () => (point = agent.Points.LastOrDefault(found => found.Measurement == "container_connections" && found.Container == container.Name && isWanted(found))) is not null,
            $"the sockets of {container.Name}", () => agent.Log);
        return point!;
    }

    private long Count(string command) => long.Parse(guest.Run($"{command} | wc -l"), CultureInfo.InvariantCulture);

    private string[] Page() => guest.Run("curl -sf http://127.0.0.1:9469/metrics || true").Split('\n');
}
