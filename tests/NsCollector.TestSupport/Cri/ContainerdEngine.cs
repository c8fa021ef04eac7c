using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>
/// A containerd for the tests, driven through its CRI as a kubelet does. It has its own root, state, socket, images, bridge and
/// addresses, so the machine's containerd, forwarding and firewall are not touched. Its images are a static busybox and
/// <see cref="Burn"/>. It first removes what a killed run left behind.
/// </summary>
public sealed class ContainerdEngine : IDisposable
{
    /// <summary>The image of every container except the sandboxes.</summary>
    public const string Image = "localhost/nscollector-test:1.2";

    /// <summary>The image of the sandboxes.</summary>
    public const string SandboxImage = "localhost/nscollector-pause:3.9";

    /// <summary>The host's address on the pods' bridge.</summary>
    public const string Gateway = "10.213.80.1";

    /// <summary>Debian's directory of the network plugins.</summary>
    public const string PluginDirectory = "/usr/lib/cni";

    private const string Bridge = "nsctestcri0";

    // The containerd namespace that its CRI uses.
    private const string ContainerdNamespace = "k8s.io";

    private readonly string _directory = EngineState.ConfiguredDirectory + "-cri";
    private readonly string _socket;
    private readonly string _snapshotter;
    private readonly EngineState? _state;
    private readonly ServerProcess? _daemon;
    private readonly GrpcSocket? _cri;

    /// <summary>Starts the daemon, unless the tests that need it are skipped.</summary>
    public ContainerdEngine()
        : this("native")
    {
    }

    private ContainerdEngine(string snapshotter)
    {
        _snapshotter = snapshotter;
        _socket = Path.Combine(_directory, "containerd.sock");
        if (new CriFactAttribute().Skip is not null)
            return;

        _state = new EngineState(_directory, Bridge);
        RemoveLeftovers(_state);
        try
        {
            _state.MakeBridge(Gateway);
            WriteConfiguration();
            _cri = new GrpcSocket(_socket);
            _daemon = new ServerProcess(
                _state["log"], "containerd", "--config", _state["config.toml"], "--root", _state["root"], "--state", StateDirectory, "--address", _socket);
            _daemon.Start(IsReady);
            Import(Image, "/bin/sh");
            Import(SandboxImage, "/bin/sleep", "1000000");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Starts one whose containers have an overlay as root, as on most nodes.</summary>
    public static ContainerdEngine WithOverlay() => new("overlayfs");

    /// <summary>The agent's <c>discovery.containerd_states</c>.</summary>
    public string StateDirectory => Path.Combine(_directory, "state");

    /// <summary>The directory of the containers' output, with one directory for each pod.</summary>
    public string LogDirectory => Path.Combine(_directory, "pods");

    /// <summary>The OCI bundle of a sandbox or container.</summary>
    public string Bundle(string id) => Path.Combine(Bundles, id);

    private string Bundles => Path.Combine(StateDirectory, "io.containerd.runtime.v2.task", ContainerdNamespace);

    /// <summary>Calls the CRI's RuntimeService; the call must succeed.</summary>
    public ProtobufMessage Call(string method, ProtobufMessage request)
    {
        try
        {
            return _cri!.Call("runtime.v1.RuntimeService/" + method, request);
        }
        catch (InvalidOperationException refused)
        {
            throw new InvalidOperationException($"{refused.Message}\n{string.Join('\n', _daemon!.Log.Split('\n').TakeLast(20))}", refused);
        }
    }

    /// <summary>Imports the images of an archive, in OCI format or that of <c>docker save</c>.</summary>
    public void Import(string archive) =>
        Command.Run("ctr", "--address", _socket, "--namespace", ContainerdNamespace, "images", "import", "--snapshotter", _snapshotter, archive);

    /// <summary>Stops the daemon and removes everything it and the fixture made.</summary>
    public void Dispose()
    {
        if (_state is null)
            return;
        try
        {
            _cri?.Dispose();
            _daemon?.Stop();
        }
        finally
        {
            _daemon?.Dispose();
            RemoveLeftovers(_state);
            _state.Dispose();
        }
    }

    private bool IsReady()
    {
        try
        {
            // Status has the conditions RuntimeReady and NetworkReady, each with a type (1) and a boolean status (2).
            ProtobufMessage status = _cri!.Call("runtime.v1.RuntimeService/Status", new ProtobufMessage()).Message(1);
            return status.Messages(1).Count(condition => condition.Text(1) is "RuntimeReady" or "NetworkReady" && condition.Number(2) == 1) == 2;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or InvalidOperationException)
        {
            return false;
        }
    }

    private void WriteConfiguration()
    {
        string networks = Path.Combine(_directory, "cni");
        Directory.CreateDirectory(networks);
        // No isGateway: the plugin would enable forwarding on the host, and the bridge already has its address.
        File.WriteAllText(Path.Combine(networks, "10-test.conflist"), $$"""
            {
              "cniVersion": "0.4.0",
              "name": "nscollector-test",
              "plugins": [
                {
                  "type": "bridge",
                  "bridge": "{{Bridge}}",
                  "ipam": { "type": "host-local", "subnet": "10.213.80.0/24", "gateway": "{{Gateway}}", "dataDir": "{{_directory}}/addresses" }
                }
              ]
            }
            """);
        // The native snapshotter works on any file system. A negative oom_score_adj of a sandbox needs CAP_SYS_RESOURCE.
        File.WriteAllText(Path.Combine(_directory, "config.toml"), $"""
            version = 2
            disabled_plugins = ["io.containerd.public.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
            [ttrpc]
              address = "{_socket}.ttrpc"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{SandboxImage}"
              restrict_oom_score_adj = true
              [plugins."io.containerd.grpc.v1.cri".containerd]
                snapshotter = "{_snapshotter}"
                default_runtime_name = "runc"
                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"
                  pod_annotations = ["*", "*/*"]
                  container_annotations = ["*", "*/*"]
                  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                    SystemdCgroup = false
                    Root = "{_directory}/runc"
              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = "{PluginDirectory}"
                conf_dir = "{networks}"

            """);
    }

    private void Import(string name, params string[] entrypoint)
    {
        string archive = Path.Combine(_directory, "image.tar");
        ContainerImage.Write(archive, name, entrypoint, ("bin/burn", Burn.Program));
        Import(archive);
        File.Delete(archive);
    }

    private void RemoveLeftovers(EngineState state)
    {
        state.KillProcesses("containerd", "containerd-shim-runc-v2");
        string[] bundles = Directory.Exists(Bundles) ? Directory.GetDirectories(Bundles) : [];
        foreach (string bundle in bundles)
            RemoveBundle(bundle);
        state.Unmount();
        state.RemoveBridge();
        Command.Try("sh", "-c", "cd \"$1\" && find . -mindepth 1 ! -name lock -delete", "sh", _directory);
    }

    private static void RemoveBundle(string bundle)
    {
        // The CNI library caches its results of each pod here; the path is fixed.
        Command.Try("sh", "-c", "rm -f /var/lib/cni/results/*-$1-*", "sh", Path.GetFileName(bundle));
        string specification = Path.Combine(bundle, "config.json"), address = Path.Combine(bundle, "address");
        if (File.Exists(address))
            File.Delete(File.ReadAllText(address).Replace("unix://", "", StringComparison.Ordinal));
        if (!File.Exists(specification))
            return;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(specification));
        JsonElement linux = document.RootElement.GetProperty("linux");
        CriPod.RemoveCgroup(linux.GetProperty("cgroupsPath").GetString()!);
        foreach (JsonElement kind in linux.GetProperty("namespaces").EnumerateArray())
        {
            if (kind.GetProperty("type").GetString() != "network" || !kind.TryGetProperty("path", out JsonElement path))
                continue;
            // A container's path is /proc/PID/ns/net.
            if (path.GetString()!.Contains("/netns/cni-", StringComparison.Ordinal))
                Command.Try("sh", "-c", "umount \"$1\" && rm -f \"$1\"", "sh", path.GetString()!);
        }
    }
}
