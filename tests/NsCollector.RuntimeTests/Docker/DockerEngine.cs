using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// A Docker daemon for the tests. It has its own data root, exec root, socket and bridge, so the machine's Docker and firewall
/// are not touched. Its images are a static busybox and <see cref="Burn"/>. It first removes what a killed run left behind.
/// </summary>
public class DockerEngine : IDisposable
{
    /// <summary>The image of most containers.</summary>
    public const string Image = "nscollector-test:1.2";

    /// <summary>An image that contains only <see cref="Burn"/>; a container's arguments are burn's.</summary>
    public const string BurnImage = "nscollector-burn:1.2";

    private readonly string _directory;
    private readonly string _socket;
    private readonly EngineState? _state;
    private readonly ServerProcess? _daemon;

    /// <summary>Starts the daemon, unless the tests that need it are skipped.</summary>
    public DockerEngine()
        : this("")
    {
    }

    /// <summary>Starts a daemon that can run beside others.</summary>
    /// <param name="suffix">The end of the name of its state directory.</param>
    private protected DockerEngine(string suffix)
    {
        _directory = EngineState.ConfiguredDirectory + suffix;
        _socket = Path.Combine(_directory, "docker.sock");
        if (new DockerFactAttribute().Skip is not null)
            return;

        _state = new EngineState(_directory, Bridge);
        RemoveLeftovers(_state);
        Directory.CreateDirectory(DataRoot);
        try
        {
            _state.MakeBridge(Gateway);
            // A separate file, so that the machine's configuration has no effect. live-restore keeps containers running when the
            // daemon is killed, and the next daemon takes them over.
            File.WriteAllText(_state["daemon.json"], """{ "live-restore": true }""");
            _daemon = new ServerProcess(
                _state["log"], "dockerd",
                "--config-file", _state["daemon.json"], "--data-root", DataRoot, "--exec-root", ExecRoot,
                "--host", $"unix://{_socket}", "--pidfile", _state["docker.pid"],
                "--bridge", Bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false");
            _daemon.Start(IsReady);
            ImportImages();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The host's address on the bridge.</summary>
    public string Gateway => $"10.213.{Network}.1";

    /// <summary>The settings with which an agent finds this daemon's containers, as arguments of <c>--set</c>.</summary>
    public string[] Settings => [$"discovery:docker_roots={DataRoot}", $"discovery:docker_sockets={_socket}"];

    /// <summary>The directory of its containers' network namespaces, which for the machine's daemon is /run/docker/netns.</summary>
    public string NamespaceRoot => Path.Combine(ExecRoot, "netns");

    /// <summary>The agent's <c>discovery.docker_roots</c>.</summary>
    public string DataRoot => Path.Combine(_directory, "data");

    /// <summary>The socket of its Engine API.</summary>
    public string Socket => _socket;

    private string ExecRoot => Path.Combine(_directory, "exec");

    // A daemon with another state directory may run at the same time and needs another network.
    private int Network => _directory == EngineState.DefaultDirectory ? 77 : 128 + (_directory.Sum(character => character) % 64);

    private string Bridge => $"nsctest{Network - 77}";

    /// <summary>Runs <c>docker</c> against this daemon; it must succeed.</summary>
    internal string Docker(params string[] arguments) => Command.Run("docker", ["--host", $"unix://{_socket}", .. arguments]);

    /// <summary><c>docker run --detach</c>.</summary>
    /// <param name="name">The container's name, which no other test uses.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    /// <param name="script">The script of its <c>sh -c</c>, which is init.</param>
    internal DockerContainer Start(string name, string[] options, string script)
    {
        string id = Docker(["run", "--detach", "--init=false", "--name", name, .. options, Image, "sh", "-c", script]);
        return new DockerContainer(this, id);
    }

    /// <summary><c>docker run --detach</c> of <see cref="BurnImage"/>, with burn as init.</summary>
    /// <param name="name">The container's name, which no other test uses.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    /// <param name="arguments">The arguments of burn.</param>
    internal DockerContainer StartBurn(string name, string[] options, params string[] arguments)
    {
        string id = Docker(["run", "--detach", "--init=false", "--name", name, .. options, BurnImage, .. arguments]);
        return new DockerContainer(this, id);
    }

    /// <summary>The output of <c>docker inspect</c> for one container.</summary>
    internal JsonElement Inspect(string container)
    {
        using JsonDocument document = JsonDocument.Parse(Docker("inspect", container));
        return document.RootElement[0].Clone();
    }

    /// <summary>Sends the daemon a signal, by its name in kill(1).</summary>
    internal void Signal(string signal) => _daemon!.Signal(signal);

    /// <summary>Kills the daemon and waits until it has exited; its containers keep running.</summary>
    internal void KillDaemon() => _daemon!.Kill();

    /// <summary>Starts the daemon after <see cref="KillDaemon"/>, unless it runs.</summary>
    internal void StartDaemonAgain()
    {
        if (!_daemon!.IsRunning)
            _daemon.Start(IsReady);
    }

    /// <summary>Stops the daemon and removes everything it and the fixture made.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_state is null)
            return;
        try
        {
            if (_daemon is { IsRunning: true })
            {
                (_, string ids, _) = Command.Try("docker", "--host", $"unix://{_socket}", "ps", "--all", "--quiet");
                string[] containers = ids.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (containers.Length > 0)
                    Command.Try("docker", ["--host", $"unix://{_socket}", "rm", "--force", "--volumes", .. containers]);
                _daemon.Stop();
            }
        }
        finally
        {
            _daemon?.Dispose();
            RemoveLeftovers(_state);
            _state.Dispose();
        }
    }

    private bool IsReady() => File.Exists(_socket) && Command.Try("docker", "--host", $"unix://{_socket}", "info").Status == 0;

    private void ImportImages()
    {
        string image = Path.Combine(_directory, "image");
        BusyboxRoot.Make(image);
        Command.Run(
            "sh",
            "-c",
            """
            set -e
            tar -C "$1" -c . | docker --host "unix://$2" import - "$3"
            rm -rf "$1"
            tar -C "$(dirname "$4")" -c burn | docker --host "unix://$2" import --change 'ENTRYPOINT ["/burn"]' - "$5"
            """,
            "sh",
            image,
            _socket,
            Image,
            Burn.Program,
            BurnImage);
    }

    private void RemoveLeftovers(EngineState state)
    {
        state.KillProcesses("dockerd", "containerd", "containerd-shim-runc-v2");
        string containers = Path.Combine(DataRoot, "containers");
        string[] ids = Directory.Exists(containers) ? [.. Directory.EnumerateDirectories(containers).Select(path => Path.GetFileName(path)!)] : [];
        foreach (string id in ids)
            Command.Try("sh", "-c", "for f in /sys/fs/cgroup/*/docker/$1/cgroup.procs /sys/fs/cgroup/docker/$1/cgroup.procs; do [ -e $f ] && kill -KILL $(cat $f); done; sleep 0.2", "sh", id);
        foreach (string id in ids.Append(""))
            Command.Try("sh", "-c", "rmdir /sys/fs/cgroup/*/docker/$1 /sys/fs/cgroup/docker/$1", "sh", id);
        state.Unmount();
        state.RemoveBridge();
        Command.Try("rm", "-rf", DataRoot, ExecRoot, _socket, state["image"], state["docker.pid"], state["log"]);
    }
}
