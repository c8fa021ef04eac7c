namespace NsCollector.PackageTests.Kubernetes;

/// <summary>The DaemonSet's pod in containerd, created as a kubelet does, beside another pod.</summary>
[Collection("podman")]
public sealed class KubeletTests
{
    private static readonly DaemonSet Manifest = new(ManifestTests.Manifest);

    [CriFact]
    public void Pod_reports_another_pods_kernel_values_and_exit()
    {
        using var engine = new ContainerdEngine();
        using var shop = new CriPod(engine, "web-0", "shop");
        CriContainer web = shop.Start("web", ["sleep", "1000"], 64 << 20);

        // The pod's limit, which a kubelet sets to the sum of its containers' limits.
        File.WriteAllText($"/sys/fs/cgroup/memory{shop.CgroupParent}/memory.limit_in_bytes", $"{48 << 20}");
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", shop.Address);

        using var agent = new KubeletAgent(engine, Manifest);
        long cpuBefore = web.Cgroup.CpuUsageNs();
        var networkBefore = ProcessNetwork.Read(shop.Pid, "eth0");
        agent.AwaitCycles();
        List<Point> points = agent.Points;
        var networkAfter = ProcessNetwork.Read(shop.Pid, "eth0");
        long cpuAfter = web.Cgroup.CpuUsageNs();

        Point cpu = points.Last(point => point.Measurement == "container_cpu" && point.Container == "web");
        Assert.Equal(("shop", "web-0", AgentPod.Node, ContainerdEngine.Image), (cpu.Tags["namespace"], cpu.Tags["pod"], cpu.Tags["host"], cpu.Tags["image"]));
        Assert.InRange(cpu.Integer("usage_ns"), cpuBefore, cpuAfter);
        Point memory = points.Last(point => point.Measurement == "container_memory" && point.Container == "web");
        Assert.Equal((64L << 20, 48L << 20), (memory.Integer("limit_bytes"), memory.Integer("effective_limit_bytes")));
        Assert.Equal(100.0 * memory.Integer("working_set_bytes") / (48 << 20), memory.Float("usage_percent"), 6);
        Point network = points.Last(point => point.Measurement == "container_network" && point.Tags["pod"] == "web-0");
        Assert.True(networkBefore.RxBytes >= 5 * 1000, "the pings did not arrive");
        Assert.Equal("POD", network.Container);
        Assert.InRange(network.Integer("rx_bytes"), networkBefore.RxBytes, networkAfter.RxBytes);
        Assert.InRange(network.Integer("tx_bytes"), networkBefore.TxBytes, networkAfter.TxBytes);
        Assert.Contains(points, point => point.Container == "nscollector" && point.Tags["pod"] == agent.PodName);

        long cpuAtLeast = web.Cgroup.CpuUsageNs();
        web.Stop(0);
        Eventually.True(() => agent.Points.Any(point => point.Measurement == "container_exit"), "the exit of web is reported", () => agent.Output);
        Point exit = Assert.Single(agent.Points, point => point.Measurement == "container_exit");
        Assert.Equal(("web", true, 9), (exit.Container, exit.Boolean("final"), exit.Integer("exit_signal")));
        Assert.True(exit.Integer("cpu_usage_ns") >= cpuAtLeast);

        agent.Container.Stop(10);
        Assert.Equal(0, agent.Container.AwaitExit());
        Assert.NotEmpty(agent.Spooled);
    }

    [CriFact]
    public void Pod_reports_the_disk_limits_details_start_and_end_of_another()
    {
        using var engine = ContainerdEngine.WithOverlay();
        using var agent = new KubeletAgent(
            engine, Manifest,
            ("NSCOLLECTOR_filesystem__containers", "on"), ("NSCOLLECTOR_filesystem__interval", "1s"), ("NSCOLLECTOR_cgroup__limits", "on"),
            ("NSCOLLECTOR_cgroup__memory_detail", "on"), ("NSCOLLECTOR_cgroup__limits_interval", "1s"), ("NSCOLLECTOR_discovery__container_states", "1s"));
        agent.AwaitCycles();
        using var shop = new CriPod(engine, "web-0", "shop");
        CriContainer web = shop.Start("web", ["sh", "-c", "mkdir /data; for i in 1 2 3 4; do dd if=/dev/zero of=/data/$i bs=1k count=500; done; rm /bin/burn; echo written; exec sleep 1000"], 64 << 20);
        web.AwaitLine("written");
        Command.Run("sync", "-f", engine.StateDirectory);
        int pid = web.Pid;
        bool IsWeb(Point point, string measurement) => point.Measurement == measurement && point.Container == "web";

        string upper = Command.Run("sed", "-nE", @"s|^[^ ]+ [^ ]+ [^ ]+ / / .*upperdir=([^,]*).*|\1|p", $"/proc/{pid}/mountinfo");
        long du = long.Parse(Command.Run("du", "-sx", "--block-size=1", upper).Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
        Point disk = agent.Await("used_bytes", point => IsWeb(point, "container_filesystem") && point.Tags["mount_point"] == "/" && point.Has("used_bytes"));
        Assert.Equal(("walk", upper, du), (disk.Text("used_source"), disk.Text("directory"), disk.Integer("used_bytes")));

        string memory = $"/sys/fs/cgroup/memory{shop.CgroupParent}/{web.Id}";
        Point limits = agent.Await("limits", point => IsWeb(point, "container_limits") && point.Has("memory_limit_bytes"));
        Assert.Equal(
            ("kubernetes", "besteffort", 64L << 20, Number($"{memory}/memory.swappiness"), Number($"/proc/{pid}/oom_score_adj")),
            (limits.Text("set_by"), limits.Text("qos_class"), limits.Integer("memory_limit_bytes"), limits.Integer("memory_swappiness"), limits.Integer("oom_score_adj")));
        Assert.Contains($"{limits.Integer("rlimit_nofile_soft")} ", File.ReadLines($"/proc/{pid}/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)), StringComparison.Ordinal);
        Point detail = agent.Await("detail", point => IsWeb(point, "container_memory_detail") && point.Has("kmem_usage_bytes"));
        Assert.Equal(Number($"{memory}/memory.kmem.max_usage_in_bytes"), detail.Integer("kmem_max_usage_bytes"));
        Point tasks = agent.Await("processes", point => IsWeb(point, "container_pids") && point.Has("processes") && point.Has("running"));
        Assert.Equal((1, 0), (tasks.Integer("processes"), tasks.Integer("stopped")));

        // The four pods' containers: two sandboxes, the agent and web.
        agent.Await("states", point => point.Measurement == "container_state" && point.Tags["runtime"] == "containerd" && point.Tags["state"] == "running" && point.Integer("containers") == 4);

        // Its sandbox owns the network, so nothing is awaited.
        Point start = agent.Await("start", point => IsWeb(point, "container_start"));
        Assert.InRange(start.Integer("first_process_ns"), 0, 60_000_000_000);
        Assert.False(start.Has("first_connection_ns"));

        web.Stop(0);
        Point exit = agent.Await("exit", point => IsWeb(point, "container_exit"));
        Assert.Equal(("signal", 9L), (exit.Text("exit_reason"), exit.Integer("exit_signal")));

        // On a busy machine the cgroup may be gone before it is read; then only a kill would be known.
        Assert.True(!exit.Boolean("final") || !exit.Boolean("oom_killed"));
        Assert.Equal(0, agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors")).Integer("read_errors"));
    }

    [CriFact]
    public void Pod_reports_the_file_systems_and_interfaces_of_its_node()
    {
        using var engine = new ContainerdEngine();
        var before = ProcessNetwork.Read(Environment.ProcessId, "lo");
        using var agent = new KubeletAgent(engine, Manifest);
        agent.AwaitCycles();
        List<Point> points = agent.Points;
        var after = ProcessNetwork.Read(Environment.ProcessId, "lo");

        // The pod's root is another file system, and read-only.
        Point root = points.Last(point => point.Measurement == "host_filesystem" && point.Tags["mount_point"] == "/");
        string[] mount = Command.Run("findmnt", "-n", "-o", "SOURCE,FSTYPE", "/").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((AgentPod.Node, mount[0], mount[1], false), (root.Tags["host"], root.Tags["device"], root.Tags["fstype"], root.Boolean("read_only")));
        string[] blocks = Command.Run("stat", "-f", "-c", "%b %S %c", "/").Split(' ');
        Assert.Equal((Number(blocks, 0) * Number(blocks, 1), Number(blocks, 2)), (root.Integer("size_bytes"), root.Integer("inodes")));

        // The pod has a loopback interface of its own, without traffic.
        Point[] interfaces = [.. points.Where(point => point.Measurement == "host_network")];
        Point loopback = interfaces.Last(point => point.Tags["interface"] == "lo");
        Assert.InRange(loopback.Integer("rx_bytes"), Math.Max(1, before.RxBytes), after.RxBytes);
        Assert.InRange(loopback.Integer("tx_packets"), Math.Max(1, before.TxPackets), after.TxPackets);
        Assert.All(interfaces, point => Assert.NotEqual("veth", Kind(point.Tags["interface"])));
        Assert.Equal(0, points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors")).Integer("read_errors"));

        static long Number(string[] words, int index) => long.Parse(words[index], System.Globalization.CultureInfo.InvariantCulture);
        static string Kind(string name) => Command.Try("ip", "-d", "link", "show", "dev", name).Output.Contains(" veth ", StringComparison.Ordinal) ? "veth" : "other";
    }

    /// <summary>A device plugin gives a container the device; a hostPath is only a mount, which the rules of its cgroup do not allow to open.</summary>
    [CriFact]
    public void Kernel_log_is_readable_through_a_device_and_not_through_a_volume()
    {
        const string Log = "/dev/kmsg";
        string[] read = ["sh", "-c", $"dd if={Log} bs=8192 count=1 of=/dev/null 2>&1 && echo readable; echo done; exec sleep 1000"];
        using var engine = new ContainerdEngine();
        using var pod = new CriPod(engine, "readers", "shop");
        CriContainer Start(string name, string capability, Action<ProtobufMessage> add)
        {
            ProtobufMessage configuration = new ProtobufMessage().With(3, read);
            add(configuration);
            ProtobufMessage capabilities = new ProtobufMessage().With(1, [capability]).With(2, ["ALL"]);
            CriContainer reader = pod.Start(name, ContainerdEngine.Image, configuration, new ProtobufMessage(), new ProtobufMessage().With(1, capabilities));
            reader.AwaitLine("done");
            return reader;
        }

        CriContainer volume = Start("volume", "SYSLOG", configuration => configuration.With(7, new ProtobufMessage().With(1, Log).With(2, Log)));
        CriContainer device = Start("device", "SYSLOG", configuration => configuration.With(8, new ProtobufMessage().With(1, Log).With(2, Log).With(3, "r")));
        CriContainer without = Start("without", "SYS_NICE", configuration => configuration.With(8, new ProtobufMessage().With(1, Log).With(2, Log).With(3, "r")));
        Assert.Contains("readable", device.Output);
        Assert.All([volume, without], reader => Assert.Contains(reader.Output, line => line.Contains("Operation not permitted", StringComparison.Ordinal)));
    }

    private static long Number(string file) => long.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture);
}
