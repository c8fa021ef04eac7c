using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>
/// A containerd of the tests' own with its CRI, which is asked for pods as a kubelet asks: its own root, state, socket and
/// images, and a bridge and addresses of its own for the pods, so that neither the machine's containerd nor its forwarding
/// or firewall is touched. Its images are a static busybox and <see cref="Burn"/>. What a killed run left behind is cleared away
/// first.
/// </summary>
public sealed class ContainerdEngine : IDisposable
{
    /// <summary>The image of every container but the sandboxes.</summary>
    public const string Image = "localhost/nscollector-test:1.2";

    /// <summary>The image of the sandboxes.</summary>
    public const string SandboxImage = "localhost/nscollector-pause:3.9";

    /// <summary>The host's address on the pods' bridge.</summary>
    public const string Gateway = "10.213.80.1";

    /// <summary>Where Debian keeps the network plugins.</summary>
    public const string PluginDirectory = "/usr/lib/cni";

    private const string Bridge = "nsctestcri0";

    // containerd's own, for what its CRI makes.
    private const string ContainerdNamespace = "k8s.io";

    private readonly string _directory;
    private readonly string _socket;
    private readonly FileStream? _lock;
    private readonly ServerProcess? _daemon;
    private readonly GrpcSocket? _cri;

    /// <summary>Starts the daemon; does nothing where the tests that need it are skipped.</summary>
    public ContainerdEngine()
    {
        _directory = (Environment.GetEnvironmentVariable("TEST_STATE_DIRECTORY") is { Length: > 0 } state ? state : "/var/tmp/nscollector-runtime-tests") + "-cri";
        _socket = Path.Combine(_directory, "containerd.sock");
        if (new CriFactAttribute().Skip is not null)
            return;

        Directory.CreateDirectory(_directory);
        _lock = new FileStream(Path.Combine(_directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        ClearAway();
        try
        {
            Command.Run("ip", "link", "add", Bridge, "type", "bridge");
            Command.Run("ip", "address", "add", Gateway + "/24", "dev", Bridge);
            Command.Run("ip", "link", "set", Bridge, "up");
            WriteConfiguration();
            _cri = new GrpcSocket(_socket);
            _daemon = new ServerProcess(
                Path.Combine(_directory, "log"),
                "containerd",
                "--config", Path.Combine(_directory, "config.toml"), "--root", Path.Combine(_directory, "root"), "--state", StateDirectory, "--address", _socket);
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

    /// <summary>The agent's <c>discovery.containerd_states</c>.</summary>
    public string StateDirectory => Path.Combine(_directory, "state");

    /// <summary>Where the pods' containers' outputs are, a directory a pod.</summary>
    public string LogDirectory => Path.Combine(_directory, "pods");

    /// <summary>The OCI bundle of a sandbox or container.</summary>
    public string Bundle(string id) => Path.Combine(Bundles, id);

    private string Bundles => Path.Combine(StateDirectory, "io.containerd.runtime.v2.task", ContainerdNamespace);

    /// <summary>A call of the CRI's RuntimeService; it must succeed.</summary>
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

    /// <summary>Takes the images of an archive in, of OCI's form or <c>docker save</c>'s.</summary>
    public void Import(string archive) =>
        Command.Run("ctr", "--address", _socket, "--namespace", ContainerdNamespace, "images", "import", "--snapshotter", "native", archive);

    /// <summary>Ends the daemon and removes all that it and the fixture made.</summary>
    public void Dispose()
    {
        if (_lock is null)
            return;
        try
        {
            _cri?.Dispose();
            _daemon?.Stop();
        }
        finally
        {
            _daemon?.Dispose();
            ClearAway();
            _lock.Dispose();
            Command.Try("rm", "-rf", _directory);
        }
    }

    private bool IsReady()
    {
        try
        {
            // Its Status has the conditions RuntimeReady and NetworkReady, each with a type (1) and whether it holds (2).
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
        // The plugin's isGateway would turn the host's forwarding on: the bridge has its address already.
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
        // The native snapshotter works on any file system. Below zero, a sandbox's oom_score_adj takes CAP_SYS_RESOURCE.
        File.WriteAllText(Path.Combine(_directory, "config.toml"), $"""
            version = 2
            disabled_plugins = ["io.containerd.public.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
            [ttrpc]
              address = "{_socket}.ttrpc"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{SandboxImage}"
              restrict_oom_score_adj = true
              [plugins."io.containerd.grpc.v1.cri".containerd]
                snapshotter = "native"
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

    // Recognised by this directory's name in their command lines, and by the bundles that lie in it.
    private void ClearAway()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(process), out int pid) && pid != Environment.ProcessId && IsOurs(process))
                Command.Try("kill", "-KILL", $"{pid}");

        string[] bundles = Directory.Exists(Bundles) ? Directory.GetDirectories(Bundles) : [];
        foreach (string bundle in bundles)
            ClearAwayBundle(bundle);

        // Innermost first.
        foreach (string mount in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(_directory + "/", StringComparison.Ordinal)).Reverse().ToArray())
            Command.Try("umount", mount);
        Command.Try("ip", "link", "delete", Bridge);
        Command.Try("sh", "-c", "cd \"$1\" && find . -mindepth 1 ! -name lock -delete", "sh", _directory);
    }

    private static void ClearAwayBundle(string bundle)
    {
        // What the plugins' library remembers of each pod, in a place that cannot be chosen.
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
            // Of a container it is /proc/PID/ns/net.
            if (path.GetString()!.Contains("/netns/cni-", StringComparison.Ordinal))
                Command.Try("sh", "-c", "umount \"$1\" && rm -f \"$1\"", "sh", path.GetString()!);
        }
    }

    private bool IsOurs(string process)
    {
        try
        {
            string[] words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            return Path.GetFileName(words[0]) is "containerd" or "containerd-shim-runc-v2"
                && words.Any(word => word.StartsWith(_directory + "/", StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
