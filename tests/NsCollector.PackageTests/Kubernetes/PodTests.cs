using System.Globalization;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>The agent in a container with exactly the privileges of the DaemonSet, compared with the kernel's values of other containers.</summary>
[Collection("podman")]
public sealed class PodTests
{
    private static readonly DaemonSet Manifest = new(ManifestTests.Manifest);

    [PodmanFact]
    public void Container_has_only_the_stated_privileges()
    {
        using var podman = new PodmanEngine("vfs");
        using var agent = new AgentPod(podman, Manifest);
        Dictionary<string, string> status = File.ReadLines($"/proc/{agent.Container.Pid}/status").Select(line => line.Split(":\t")).ToDictionary(parts => parts[0], parts => parts[1].Trim());
        string stated = Manifest.Added.Aggregate(0UL, (all, name) => all | 1UL << Number(name)).ToString("x16", CultureInfo.InvariantCulture);
        Assert.Equal((stated, stated, stated), (status["CapEff"], status["CapPrm"], status["CapBnd"]));
        Assert.Equal(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]));
        string[] mounts = File.ReadAllLines($"/proc/{agent.Container.Pid}/mounts");
        Assert.All(
            mounts.Select(line => line.Split(' ')).Where(mount => mount[1] is "/" or "/host/proc" or "/host/run" or "/etc/nscollector/conf.d"),
            mount => Assert.StartsWith("ro", mount[3], StringComparison.Ordinal));
    }

    [PodmanFact]
    public void Agent_in_a_container_reports_the_kernels_values_of_another()
    {
        using var podman = new PodmanEngine("vfs");
        PodmanContainer busy = podman.Start("busy", "--memory", "64m");
        podman.Start("in-the-hosts-network", "--network", "host");
        busy.Connect();
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", PodmanContainer.Address);
        podman.Podman("exec", "busy", "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");

        long cpuBefore = busy.Cgroup.CpuUsageNs();
        var networkBefore = ProcessNetwork.Read(busy.Pid, "eth0");
        using var agent = new AgentPod(podman, Manifest);
        Point[] of = Awaited(agent, "container_tcp", "busy");
        var networkAfter = ProcessNetwork.Read(busy.Pid, "eth0");
        long cpuAfter = busy.Cgroup.CpuUsageNs();

        Assert.All(of, point => Assert.Equal((AgentPod.Node, PodmanEngine.Image, "podman"), (point.Tags["host"], point.Tags["image"], point.Tags["runtime"])));
        Assert.InRange(Last(of, "container_cpu").Integer("usage_ns"), cpuBefore, cpuAfter);
        Assert.Equal(64 << 20, Last(of, "container_memory").Integer("limit_bytes"));
        Assert.Equal(busy.Pid, Last(of, "container_info").Integer("pid"));
        Point network = Last(of, "container_network");
        Assert.True(networkBefore.RxBytes >= 5 * 1000, "the pings did not arrive");
        Assert.InRange(network.Integer("rx_bytes"), networkBefore.RxBytes, networkAfter.RxBytes);
        Assert.InRange(network.Integer("tx_bytes"), networkBefore.TxBytes, networkAfter.TxBytes);

        // The agent is not in the host's network, so it must not take the host's network for a container's.
        string[] networks = [.. agent.Points.Where(point => point.Measurement is "container_network" or "container_tcp").Select(point => point.Container!).Distinct()];
        Assert.Contains("in-the-hosts-network", agent.Points.Select(point => point.Container));
        Assert.DoesNotContain("in-the-hosts-network", networks);
    }

    [PodmanFact]
    public void Final_totals_use_a_namespace_mounted_after_the_agents_start()
    {
        string held = $"nsctest{Environment.ProcessId}", name = held + "b";
        // The first command makes /run/netns a shared mount, as on a node with pods.
        Command.Run("ip", "netns", "add", held);
        try
        {
            using var podman = new PodmanEngine("vfs");
            using var agent = new AgentPod(podman, Manifest);
            Command.Run("ip", "netns", "add", name);
            Command.Run("ip", "-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", held);
            foreach ((string one, string address) in new[] { (name, "10.213.81.1/24"), (held, "10.213.81.2/24") })
            {
                Command.Run("ip", "-n", one, "address", "add", address, "dev", "eth0");
                Command.Run("ip", "-n", one, "link", "set", "eth0", "up");
            }

            PodmanContainer job = podman.Start("job", "--network", $"ns:/run/netns/{name}");
            Awaited(agent, "container_tcp", "job");
            podman.Podman("exec", "job", "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
            Command.Run("ip", "netns", "exec", name, "busybox", "ping", "-c", "5", "-s", "1000", "10.213.81.2");

            long cpuBefore = job.Cgroup.CpuUsageNs(), sentBefore = Sent(name);
            Assert.True(sentBefore > 5 * 1000, "nothing was sent");
            podman.Podman("kill", "job");
            Eventually.True(() => agent.Points.Any(point => point.Measurement == "container_exit"), "the exit of job is reported", () => agent.Log);
            long sentAfter = Sent(name);

            Point exit = Assert.Single(agent.Points, point => point.Measurement == "container_exit");
            Assert.Equal(("job", true, true), (exit.Container, exit.Boolean("final"), exit.Boolean("network_final")));
            Assert.InRange(exit.Integer("cpu_usage_ns"), cpuBefore, cpuBefore + 2_000_000_000);
            Assert.InRange(exit.Integer("tx_bytes"), sentBefore, sentAfter);
        }
        finally
        {
            Command.Try("ip", "netns", "delete", name);
            Command.Try("ip", "netns", "delete", held);
        }
    }

    // The server of the manifest's example does not exist, so the lines wait on the node for the next pod.
    [PodmanFact]
    public void Undelivered_lines_are_in_the_spool_after_the_agent_stops()
    {
        using var podman = new PodmanEngine("vfs");
        using var agent = new AgentPod(podman, Manifest);
        Assert.Contains("influx:main", agent.Log);
        int status = agent.Stop(10);
        Assert.True(status == 0, agent.Log);
        Assert.NotEmpty(agent.Spooled);
    }

    private static Point[] Awaited(AgentPod agent, string measurement, string container)
    {
        Eventually.True(() => agent.Points.Any(point => point.Measurement == measurement && point.Container == container), $"{measurement} of {container}", () => agent.Log);
        return [.. agent.Points.Where(point => point.Container == container)];
    }

    private static Point Last(Point[] points, string measurement) => points.Last(point => point.Measurement == measurement);

    private static long Sent(string networkNamespace) =>
        long.Parse(Command.Run("ip", "netns", "exec", networkNamespace, "cat", "/sys/class/net/eth0/statistics/tx_bytes"), CultureInfo.InvariantCulture);

    // The numbers of capabilities(7) and linux/capability.h.
    private static int Number(string capability) => capability switch
    {
        "SYS_PTRACE" => 19,
        "SYS_ADMIN" => 21,
        "SYS_NICE" => 23,
        _ => throw new ArgumentOutOfRangeException(nameof(capability), capability, "a capability that the tests do not know"),
    };
}
