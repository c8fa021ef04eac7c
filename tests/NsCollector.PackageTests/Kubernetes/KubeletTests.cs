using System.Globalization;
using NsCollector.PackageTests.Oci;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>The DaemonSet's pod in containerd, created as a kubelet does, beside another pod.</summary>
[Collection("podman")]
public sealed class KubeletTests
{
    [CriFact]
    public void Pod_reports_another_pods_kernel_values_and_exit()
    {
        var manifest = new DaemonSet(ManifestTests.Manifest);
        using var engine = new ContainerdEngine();
        engine.Import(ImageArchive.Path);
        using var shop = new CriPod(engine, "web-0", "shop");
        CriContainer web = shop.Start("web", ["sleep", "1000"], 64 << 20);

        // The pod's limit, which a kubelet sets to the sum of its containers' limits.
        File.WriteAllText($"/sys/fs/cgroup/memory{shop.CgroupParent}/memory.limit_in_bytes", $"{48 << 20}");
        Command.Run("busybox", "ping", "-c", "5", "-s", "1000", shop.Address);

        // HostToContainer propagation needs a shared mount. On a host /run is one, here it may not be. Make it a slave first, so that the
        // unmounts at the end do not propagate to the host's /run.
        string run = Directory.CreateTempSubdirectory("nscollector-run-").FullName;
        Command.Run("mount", "--rbind", "/run", run);
        try
        {
            Command.Run("mount", "--make-rslave", run);
            Command.Run("mount", "--make-rshared", run);
            using var volumes = new PodVolumes(manifest);
            using var pod = new CriPod(engine, "nscollector-x7k2p", "nscollector", hostNetwork: manifest.HostNetwork, hostPid: manifest.HostPid);
            CriContainer agent = pod.Start(
                "nscollector",
                manifest.Image,
                Configuration(manifest, engine, mount => mount.Name == "run" ? run : volumes.SourceOf(mount)),
                new ProtobufMessage().With(4, long.Parse(manifest.MemoryLimit.Replace("Mi", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 20),
                Security(manifest));

            long cpuBefore = web.Cgroup.CpuUsageNs();
            var networkBefore = ProcessNetwork.Read(shop.Pid, "eth0");
            int cycles = Points(agent).Count(IsCycle);
            Eventually.True(() => Points(agent).Count(IsCycle) > cycles + 2, "two cycles", () => string.Join('\n', agent.Output));
            List<Point> points = Points(agent);
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
            Assert.Contains(points, point => point.Container == "nscollector" && point.Tags["pod"] == pod.Name);

            long cpuAtLeast = web.Cgroup.CpuUsageNs();
            web.Stop(0);
            Eventually.True(() => Points(agent).Any(point => point.Measurement == "container_exit"), "the exit of web is reported", () => string.Join('\n', agent.Output));
            Point exit = Assert.Single(Points(agent), point => point.Measurement == "container_exit");
            Assert.Equal(("web", true, 9), (exit.Container, exit.Boolean("final"), exit.Integer("exit_signal")));
            Assert.True(exit.Integer("cpu_usage_ns") >= cpuAtLeast);

            agent.Stop(10);
            Assert.Equal(0, agent.AwaitExit());
            Assert.NotEmpty(volumes.Spooled);
        }
        finally
        {
            Command.Run("umount", "--recursive", "--lazy", run);
            Directory.Delete(run);
        }
    }

    private static bool IsCycle(Point point) => point.Measurement == "nscollector" && point.Has("cycle_ns");

    private static List<Point> Points(CriContainer agent) => StrictParser.ParseAll(string.Concat(agent.StandardOutput.Select(line => line + "\n")));

    private static ProtobufMessage Configuration(DaemonSet manifest, ContainerdEngine engine, Func<VolumeMount, string> source)
    {
        ProtobufMessage configuration = new ProtobufMessage()
            .With(4, manifest.Arguments)
            .With(6, new Dictionary<string, string>
            {
                [manifest.NodeNameVariable] = AgentPod.Node,
                // Settings of the tests: lines on standard output, a short interval, and the directories of the tests' containerd.
                ["NSCOLLECTOR_file__main__path"] = "-",
                ["NSCOLLECTOR_agent__interval"] = "1s",
                ["NSCOLLECTOR_filter__include"] = "containerd/*",
                ["NSCOLLECTOR_discovery__containerd_states"] = engine.StateDirectory,
            })
            .With(7, new ProtobufMessage().With(1, engine.StateDirectory).With(2, engine.StateDirectory).With(3, 1));
        foreach (VolumeMount mount in manifest.Mounts)
        {
            // PROPAGATION_PRIVATE = 0, HOST_TO_CONTAINER = 1, BIDIRECTIONAL = 2.
            int propagation = mount.Propagation switch { "HostToContainer" => 1, "Bidirectional" => 2, _ => 0 };
            configuration.With(7, new ProtobufMessage().With(1, mount.Path).With(2, source(mount)).With(3, mount.ReadOnly ? 1 : 0).With(5, propagation));
        }

        return configuration;
    }

    // SecurityProfile: RuntimeDefault = 0, Unconfined = 1.
    private static ProtobufMessage Security(DaemonSet manifest) => new ProtobufMessage()
        .With(1, new ProtobufMessage().With(1, manifest.Added).With(2, manifest.Dropped))
        .With(2, manifest.Privileged ? 1 : 0)
        .With(5, new ProtobufMessage().With(1, manifest.RunAsUser))
        .With(7, manifest.ReadOnlyRootFilesystem ? 1 : 0)
        .With(11, manifest.AllowPrivilegeEscalation ? 0 : 1)
        .With(15, new ProtobufMessage().With(1, manifest.SeccompProfile == "RuntimeDefault" ? 0 : 1));
}
