using System.Globalization;
using NsCollector.PackageTests.Oci;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// The agent's pod of the DaemonSet in containerd, created as a kubelet does, with a readable procfs and a shared /run as on a
/// usual host. Disposing removes it.
/// </summary>
internal sealed class KubeletAgent : IDisposable
{
    private readonly string _run = Directory.CreateTempSubdirectory("nscollector-run-").FullName;
    private readonly HostProc _proc = new();
    private readonly PodVolumes _volumes;
    private readonly CriPod _pod;

    /// <summary>Starts it.</summary>
    /// <param name="engine">The containerd that runs it, and whose containers it samples.</param>
    /// <param name="manifest">The DaemonSet.</param>
    /// <param name="environment">Further variables of its environment.</param>
    public KubeletAgent(ContainerdEngine engine, DaemonSet manifest, params (string Name, string Value)[] environment)
    {
        engine.Import(ImageArchive.Path);
        _volumes = new PodVolumes(manifest);

        // HostToContainer propagation needs a shared mount. On a host /run is one, here it may not be. Make it a slave first, so that the
        // unmounts at the end do not propagate to the host's /run.
        Command.Run("mount", "--rbind", "/run", _run);
        Command.Run("mount", "--make-rslave", _run);
        Command.Run("mount", "--make-rshared", _run);
        try
        {
            _pod = new CriPod(engine, "nscollector-x7k2p", "nscollector", hostNetwork: manifest.HostNetwork, hostPid: manifest.HostPid);
            Container = _pod.Start(
                "nscollector",
                manifest.Image,
                Configuration(manifest, engine, environment),
                new ProtobufMessage().With(4, long.Parse(manifest.MemoryLimit.Replace("Mi", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 20),
                Security(manifest));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its container.</summary>
    public CriContainer Container { get; } = null!;

    /// <summary>The pod's name.</summary>
    public string PodName => _pod.Name;

    /// <summary>The waiting files of its spool.</summary>
    public string[] Spooled => _volumes.Spooled;

    /// <summary>All that it has written so far.</summary>
    public string Output => string.Join('\n', Container.Output);

    /// <summary>All points that it has written so far.</summary>
    public List<Point> Points => StrictParser.ParseAll(string.Concat(Container.StandardOutput.Select(line => line + "\n")));

    /// <summary>Waits for two more cycles.</summary>
    public void AwaitCycles()
    {
        int cycles = Points.Count(IsCycle);
        Eventually.True(() => Points.Count(IsCycle) > cycles + 2, "two cycles", () => Output);
    }

    /// <summary>Waits for a point, and returns the last one of its kind.</summary>
    public Point Await(string what, Func<Point, bool> isWanted)
    {
        Point? found = null;
        Eventually.True(() => (found = Points.LastOrDefault(isWanted)) is not null, what, () => Output);
        return found!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pod?.Dispose();
        _volumes.Dispose();
        _proc.Dispose();
        Command.Run("umount", "--recursive", "--lazy", _run);
        Directory.Delete(_run);
    }

    private static bool IsCycle(Point point) => point.Measurement == "nscollector" && point.Has("cycle_ns");

    private string SourceOf(VolumeMount mount) => mount.Name switch { "run" => _run, "proc" => _proc.Path, _ => _volumes.SourceOf(mount) };

    private ProtobufMessage Configuration(DaemonSet manifest, ContainerdEngine engine, (string Name, string Value)[] environment)
    {
        var variables = new Dictionary<string, string>
        {
            [manifest.NodeNameVariable] = AgentPod.Node,
            // Settings of the tests: lines on standard output, a short interval, and the directories of the tests' containerd.
            ["NSCOLLECTOR_file__main__path"] = "-",
            ["NSCOLLECTOR_agent__interval"] = "1s",
            ["NSCOLLECTOR_filter__include"] = "containerd/*",
            ["NSCOLLECTOR_discovery__containerd_states"] = engine.StateDirectory,
        };
        foreach ((string name, string value) in environment) variables[name] = value;
        ProtobufMessage configuration = new ProtobufMessage()
            .With(4, manifest.Arguments)
            .With(6, variables)
            .With(7, new ProtobufMessage().With(1, engine.StateDirectory).With(2, engine.StateDirectory).With(3, 1));
        foreach (VolumeMount mount in manifest.Mounts)
        {
            // PROPAGATION_PRIVATE = 0, HOST_TO_CONTAINER = 1, BIDIRECTIONAL = 2.
            int propagation = mount.Propagation switch { "HostToContainer" => 1, "Bidirectional" => 2, _ => 0 };
            configuration.With(7, new ProtobufMessage().With(1, mount.Path).With(2, SourceOf(mount)).With(3, mount.ReadOnly ? 1 : 0).With(5, propagation));
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
