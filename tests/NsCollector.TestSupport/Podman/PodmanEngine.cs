using NsCollector.TestSupport.Files;

namespace NsCollector.TestSupport.Podman;

/// <summary>
/// A podman with its own storage, state and configuration, so the machine's podman is not touched. Its image is a static busybox.
/// Containers start with <c>--network none</c>, because podman's networks would change the host's forwarding and firewall;
/// <see cref="PodmanContainer.Connect"/> gives them an interface. Disposing removes everything.
/// </summary>
public sealed class PodmanEngine : IDisposable
{
    /// <summary>The image of every container, by podman's name.</summary>
    public const string Image = "localhost/nscollector-test:1.2";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-podman-").FullName;
    private readonly string _driver;

    /// <summary>Makes the storage and the image.</summary>
    /// <param name="driver">The storage driver: vfs or overlay.</param>
    public PodmanEngine(string driver)
    {
        _driver = driver;
        // Podman's default limits need CAP_SYS_RESOURCE. Lock files and the cgroupfs manager share nothing with the machine's podman
        // or systemd. Debian's crun rejects hybrid hosts; runc does not.
        File.WriteAllText(Path.Combine(_directory, "containers.conf"), """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            log_driver = "k8s-file"
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            lock_type = "file"
            runtime = "runc"

            """);
        File.WriteAllText(Path.Combine(_directory, "storage.conf"), $"""
            [storage]
            driver = "{driver}"
            graphroot = "{Root}"
            runroot = "{RunRoot}"

            """);
        try
        {
            ImportImage();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The agent's <c>discovery.podman_roots</c>.</summary>
    public string Root => Path.Combine(_directory, "root");

    private string RunRoot => Path.Combine(_directory, "run");

    private string[] Options =>
    [
        $"CONTAINERS_CONF={_directory}/containers.conf",
        $"CONTAINERS_STORAGE_CONF={_directory}/storage.conf",
        "podman", "--root", Root, "--runroot", RunRoot, "--tmpdir", Path.Combine(_directory, "tmp"), "--storage-driver", _driver,
    ];

    /// <summary>Runs <c>podman</c>; it must succeed.</summary>
    public string Podman(params string[] arguments) => Command.Run("env", [.. Options, .. arguments]);

    /// <summary><c>podman run --detach</c>.</summary>
    /// <param name="name">The container's name.</param>
    /// <param name="options">Further options of <c>podman run</c>; the default is no network.</param>
    public PodmanContainer Start(string name, params string[] options)
    {
        string[] network = options.Any(option => option is "--network" or "--pod") ? [] : ["--network", "none"];
        return new PodmanContainer(this, Podman(["run", "--detach", "--name", name, .. network, .. options, Image, "sleep", "1000"]));
    }

    /// <summary>Creates a pod. Its infra container starts with the first container.</summary>
    public void CreatePod(string name) =>
        Podman("pod", "create", "--name", name, "--network", "none", "--infra-image", Image, "--infra-command", "/bin/sleep 1000");

    /// <summary>The agent's sample of podman's containers.</summary>
    public List<Point> Sample(params string[] settings) =>
        AgentProgram.Sample([$"discovery:podman_roots={Root}", "filter:include=podman/*", .. settings]);

    /// <summary>Removes all pods and containers; the image stays.</summary>
    public void RemoveContainers()
    {
        (_, string pods, _) = Command.Try("env", [.. Options, "pod", "ps", "--quiet", "--no-trunc"]);
        Command.Try("env", [.. Options, "pod", "rm", "--all", "--force", "--time", "0"]);
        Command.Try("env", [.. Options, "rm", "--all", "--force", "--time", "0"]);
        // Podman leaves cgroups behind, in some hierarchies its pods'. rmdir fails for those that another podman still uses.
        foreach (string leftover in pods.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(pod => "/" + pod).Concat(["/conmon", ""]))
            Command.Try("sh", "-c", "for g in /sys/fs/cgroup /sys/fs/cgroup/*; do rmdir $g/libpod_parent$1; done", "sh", leftover);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        RemoveContainers();
        Eventually.True(TryDelete, $"{_directory} can be removed");
    }

    /// <summary>Returns false while podman's own clean-up of an exited container (<c>--rm</c>) has something mounted.</summary>
    private bool TryDelete()
    {
        // The overlay driver mounts its directory on itself.
        foreach (string mount in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(_directory + "/", StringComparison.Ordinal)).Reverse().ToArray())
            Command.Try("umount", mount);
        try
        {
            Directory.Delete(_directory, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void ImportImage()
    {
        string image = Path.Combine(_directory, "image");
        BusyboxRoot.Make(image);
        Command.Run("tar", "-C", image, "-cf", image + ".tar", ".");
        Podman("import", image + ".tar", Image);
    }
}
