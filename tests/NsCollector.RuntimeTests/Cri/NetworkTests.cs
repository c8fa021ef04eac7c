
namespace NsCollector.RuntimeTests.Cri;

/// <summary>The network of a pod, which its sandbox owns.</summary>
public sealed class NetworkTests(ContainerdEngine engine) : CriTests(engine)
{
    private static readonly string[] _networkMeasurements = ["container_network", "container_tcp", "container_udp"];

    [CriFact]
    public void Pod_network_is_reported_once_by_its_sandbox()
    {
        const int Payload = 3_000_000;
        using var receiver = new CriPod(Engine, "net-receiver", "tests");
        using var sender = new CriPod(Engine, "net-sender", "tests");
        // With an empty standard input nc would close its side at once, and the sender would stop.
        CriContainer listening = receiver.Start("nc", "mkfifo /open && exec 3<>/open && nc -l -p 9000 <&3 > /dev/null; echo received; exec sleep 1000");
        CriContainer sending = sender.Start("nc", $"until head -c {Payload} /dev/zero | nc {receiver.Address} 9000; do sleep 0.1; done; echo sent; exec sleep 1000");
        CriContainer beside = sender.Start("a-beside", Idle);
        sending.AwaitLine("sent");
        listening.AwaitLine("received");

        var before = ProcessNetwork.Read(sender.Pid, "eth0");
        var received = ProcessNetwork.Read(receiver.Pid, "eth0");
        List<Point> all = Sample();
        var after = ProcessNetwork.Read(sender.Pid, "eth0");

        List<Point> sandbox = Of(all, sender.Id);
        Point point = Only(sandbox, "container_network");
        Assert.Equal("eth0", point.Tags["interface"]);
        Assert.InRange(before.TxBytes, Payload, long.MaxValue);
        Assert.InRange(point.Integer("tx_bytes"), before.TxBytes, after.TxBytes);
        Assert.InRange(point.Integer("tx_packets"), before.TxPackets, after.TxPackets);
        Assert.InRange(point.Integer("rx_bytes"), before.RxBytes, after.RxBytes);
        Assert.InRange(point.Integer("rx_packets"), before.RxPackets, after.RxPackets);
        Assert.True(Only(sandbox, "container_tcp").Integer("active_opens") >= 1);
        Only(sandbox, "container_udp");

        List<Point> other = Of(all, receiver.Id);
        Assert.True(Only(other, "container_network").Integer("rx_bytes") >= received.RxBytes);
        Assert.True(received.RxBytes >= Payload);
        Assert.Equal(1, Only(other, "container_tcp").Integer("passive_opens"));

        foreach (string id in new[] { sending.Id, beside.Id, listening.Id })
            Assert.DoesNotContain(Of(all, id), each => _networkMeasurements.Contains(each.Measurement));
    }

    [CriFact]
    public void Pod_in_the_hosts_network_has_no_network_points()
    {
        using var pod = new CriPod(Engine, "net-host", "tests", hostNetwork: true);
        CriContainer container = pod.Start("only", Idle);
        List<Point> all = Sample();
        foreach (string id in new[] { pod.Id, container.Id })
        {
            Assert.DoesNotContain(Of(all, id), each => _networkMeasurements.Contains(each.Measurement));
            Assert.True(Only(Of(all, id), "container_memory").Integer("usage_bytes") > 0);
        }
    }

    [CriFact("strace")]
    public void Pod_namespace_is_visited_once_per_cycle()
    {
        using var pod = new CriPod(Engine, "net-entered", "tests");
        pod.Start("a", Idle);
        pod.Start("b", Idle);
        string trace = Path.Combine(Engine.LogDirectory, "setns"), own = File.ResolveLinkTarget($"/proc/{pod.Pid}/ns/net", false)!.Name;

        // `sample` runs two cycles.
        Command.Run(
            "strace",
            ["-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=setns,socket", "-e", "signal=none", "-o", trace, .. AgentProgram.Words("sample", "--count", "1", "--interval", "1s", "--set", "filter:include=containerd/*")]);

        // A listing of the interfaces (native/links.c) opens a route socket as soon as it is in the namespace. A visit opens none. To count
        // connections, it opens one of sock_diag(7).
        int visits = 0, listings = 0;
        foreach (string[] calls in CallsByThread(trace))
        {
            for (int i = 0; i < calls.Length; i++)
            {
                if (!calls[i].StartsWith("setns(", StringComparison.Ordinal) || !calls[i].Contains($"<{own}>", StringComparison.Ordinal)) continue;
                if (i + 1 < calls.Length && calls[i + 1].StartsWith("socket(AF_NETLINK", StringComparison.Ordinal) && calls[i + 1].Contains("NETLINK_ROUTE", StringComparison.Ordinal)) listings++;
                else visits++;
            }
        }

        // The interfaces are listed at the first visit, and at the end of a cycle if the next search of FinalCounterState is due.
        Assert.Equal(2, visits);
        Assert.InRange(listings, 1, 1 + 2);
    }

    /// <summary>The beginnings of system calls in the output of <c>strace -f</c>, in order, for each thread.</summary>
    private static IEnumerable<string[]> CallsByThread(string trace) =>
        from line in File.ReadLines(trace)
        where !line.Contains(" resumed>", StringComparison.Ordinal)
        let words = line.Split(' ', 2)
        group words[1].TrimStart() by words[0] into thread
        select thread.ToArray();
}
