using System.Globalization;
using System.Text.Json;
using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>What the confined service reads in network namespaces with the drop-ins of docs/operations.md, and cgroups by BPF.</summary>
[Collection(GuestCollection.Name)]
public sealed class NetworkPartsTests(Guest guest)
{
    private const string Name = "nsc-parts";
    private const int Requests = 5, RequestBytes = 1000, Refused = 4;

    [GuestFact]
    public void Drop_ins_give_flows_qdiscs_netfilter_conntrack_and_BPF()
    {
        // The agent loads no module.
        guest.Run("modprobe -a tcp_diag udp_diag nf_conntrack_netlink nf_tables");
        Engine podman = Engine.Podman(guest);
        podman.Remove(Name);
        using var dropIn = new UnitDropIn(
            guest, "AmbientCapabilities=CAP_NET_BROADCAST CAP_NET_ADMIN\nCapabilityBoundingSet=CAP_NET_BROADCAST CAP_NET_ADMIN\nSystemCallFilter=bpf");
        try
        {
            podman.Start(Name, "", "nc -ll -p 8080 -e cat");
            RunningContainer container = podman.Inspect(Name);
            string inside = $"nsenter -t {container.Pid} -n";
            guest.Run($"{inside} nft add table inet t && {inside} nft 'add chain inet t in {{ type filter hook input priority 0; }}' && {inside} nft 'add rule inet t in tcp dport 8080 counter comment \"web\"'");

            // All datagrams get the same source, so that only the first one has a connection of its own.
            guest.Run($"{inside} nft 'add table ip n; add chain ip n p {{ type nat hook postrouting priority 100; }}; add rule ip n p udp dport 7000 snat to 127.0.0.1:5000'");
            guest.Run($"{inside} bash -c 'for i in $(seq {Refused + 1}); do echo x > /dev/udp/127.0.0.1/7000; done 2> /dev/null; true'");
            guest.Run($"{inside} tc qdisc replace dev eth0 root pfifo limit 100");
            string address = podman.Run($"inspect -f '{{{{range .NetworkSettings.Networks}}}}{{{{.IPAddress}}}}{{{{end}}}}' {Name}");

            using var agent = new InstalledAgent(
                guest, "reader = bpf\n[network]\nflows = on\nqdisc = on\nqdisc_interval = 0\nnetfilter = on\nnetfilter_interval = 0\nconntrack = on\nconnections_interval = 1s\n");
            Awaited(agent, "container_network", point => point.Tags["interface"] == "eth0");
            string findings = guest.Run("nscollector check --as-service");
            foreach (string what in (string[])["flows: ", "netfilter: ", "queueing disciplines: ", "conntrack: "]) Assert.Contains("ok    " + what, findings, StringComparison.Ordinal);
            Assert.DoesNotContain("FAIL", findings, StringComparison.Ordinal);

            // Each answer is the request, so that both directions have the same bytes; FIN counts as one.
            long before = guest.NowNs;
            guest.Run($"for i in $(seq {Requests}); do head -c {RequestBytes} /dev/zero | busybox nc {address} 8080 | wc -c; done");
            Point[] flows = [];
            Guest.Await(
                () => (flows = [.. agent.Points.Where(point => point.Measurement == "container_flow" && point.Container == Name && point.TimestampNs > before)]).Sum(Closed) >= Requests,
                "the closed connections", () => agent.Log);
            Assert.All(flows, point => Assert.Equal(("in", "8080"), (point.Tags["direction"], point.Tags["port"])));
            Assert.Equal(Requests, flows.Sum(Closed));
            Assert.Equal(Requests * (RequestBytes + 1), flows.Sum(point => point.Integer("bytes_received")));

            string counter = guest.Run($"{inside} nft list chain inet t in | grep -o 'packets [0-9]* bytes [0-9]*'");
            string[] words = counter.Split(' ');
            Point rule = Awaited(agent, "container_netfilter", point => point.Tags["name"] == "web" && point.Integer("packets") == Number(words[1]));
            Assert.Equal((Number(words[3]), 1L), (rule.Integer("bytes"), rule.Integer("rules")));

            using JsonDocument qdiscs = JsonDocument.Parse(guest.Run($"{inside} tc -s -j qdisc show dev eth0"));
            JsonElement pfifo = qdiscs.RootElement.EnumerateArray().Single(one => one.GetProperty("kind").GetString() == "pfifo");
            Point qdisc = Awaited(agent, "container_qdisc", point => point.Tags["side"] == "container" && point.Tags["kind"] == "pfifo" && point.Integer("bytes") >= pfifo.GetProperty("bytes").GetInt64());
            Assert.Equal(pfifo.GetProperty("drops").GetInt64(), qdisc.Integer("drops"));

            Point conntrack = Awaited(agent, "container_conntrack", point => point.Has("insert_failed"));
            Assert.Equal((Refused, Refused), (conntrack.Integer("insert_failed"), conntrack.Integer("drop")));
            Point network = Awaited(agent, "container_network", point => point.Tags["interface"] == "eth0" && point.Has("host_interface"));
            Assert.Equal(guest.Run("ip -o link show type veth master podman0").Split(' ')[1].Split('@')[0], network.Text("host_interface"));

            // A full table: the kernel frees entries of connections that had no answer, if it finds some in 8 buckets (early_drop in
            // net/netfilter/nf_conntrack_core.c).
            string most = guest.Run("sysctl -n net.netfilter.nf_conntrack_max"), buckets = guest.Run("sysctl -n net.netfilter.nf_conntrack_buckets");
            guest.Run("sysctl -w net.netfilter.nf_conntrack_buckets=512 net.netfilter.nf_conntrack_max=64");
            guest.Run($"{inside} bash -c 'for i in $(seq 7100 7300); do echo x > /dev/udp/127.0.0.1/$i; done 2> /dev/null; true'");
            guest.Run($"sysctl -w net.netfilter.nf_conntrack_max={most} net.netfilter.nf_conntrack_buckets={buckets}");
            string[][] rows = [.. guest.Run($"{inside} cat /proc/net/stat/nf_conntrack").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
            int column = Array.IndexOf(rows[0], "early_drop");
            long freed = rows.Skip(1).Sum(row => long.Parse(row[column], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.True(freed > 0);
            Assert.Equal(freed, Awaited(agent, "container_conntrack", point => point.Integer("early_drop") > 0).Integer("early_drop"));

            // Memory and processes come from records, which were compared with the files.
            Point self = agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("reader_comparisons"));
            Assert.True(self.Integer("reader_comparisons") > 0, agent.Log);
            Assert.Equal(0, self.Integer("reader_mismatches"));
            Point memory = agent.Points.Last(point => point.Measurement == "container_memory" && point.Container == Name);
            long usage = guest.Integer($"cat /sys/fs/cgroup{container.Cgroup}/memory.current");
            Assert.InRange(memory.Integer("usage_bytes"), usage - (1 << 20), usage + (1 << 20));
        }
        finally
        {
            podman.Remove(Name);
        }
    }

    private static Point Awaited(InstalledAgent agent, string measurement, Func<Point, bool> isWanted)
    {
        Point? found = null;
        Guest.Await(
            () => (found = agent.Points.LastOrDefault(point => point.Measurement == measurement && point.Container == Name && isWanted(point))) is not null, $"a point of {measurement}", () => agent.Log);
        return found!;
    }

    private static long Closed(Point point) => point.Integer("connections_closed");

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
