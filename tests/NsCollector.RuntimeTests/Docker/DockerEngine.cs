using System.Diagnostics;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// A Docker daemon of the tests' own: its own data and exec root, socket and bridge, so that neither the machine's Docker
/// nor its firewall is touched. Its images are a static busybox and nothing else, and <see cref="Burn"/> and nothing else. What a killed run left behind is cleared
/// away first.
/// </summary>
public sealed class DockerEngine : IDisposable
{
    /// <summary>The image of most containers.</summary>
    public const string Image = "nscollector-test:1.2";

    /// <summary>An image of <see cref="Burn"/> alone, whose arguments are the container's.</summary>
    public const string BurnImage = "nscollector-burn:1.2";

    private const string DefaultState = "/var/tmp/nscollector-runtime-tests";

    private readonly string _state;
    private readonly string _socket;
    private readonly List<string> _log = [];
    private readonly FileStream? _lock;
    private Process? _daemon;

    /// <summary>Starts the daemon; does nothing where the tests that need it are skipped.</summary>
    public DockerEngine()
    {
        _state = Environment.GetEnvironmentVariable("TEST_STATE_DIRECTORY") is { Length: > 0 } state ? state : DefaultState;
        _socket = Path.Combine(_state, "docker.sock");
        if (new DockerFactAttribute().Skip is not null)
            return;

        Directory.CreateDirectory(_state);
        _lock = new FileStream(Path.Combine(_state, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        ClearAway();
        Directory.CreateDirectory(DataRoot);
        try
        {
            Command.Run("ip", "link", "add", Bridge, "type", "bridge");
            Command.Run("ip", "address", "add", Gateway + "/24", "dev", Bridge);
            Command.Run("ip", "link", "set", Bridge, "up");
            _daemon = StartDaemon();
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

    /// <summary>What an agent is told to know this daemon's containers, as after <c>--set</c>.</summary>
    public string[] Settings => [$"discovery:docker_roots={DataRoot}", $"discovery:docker_sockets={_socket}"];

    /// <summary>Where it holds the network namespaces of its containers: /run/docker/netns, were it the machine's own.</summary>
    public string NamespaceRoot => Path.Combine(ExecRoot, "netns");

    /// <summary>The agent's <c>discovery.docker_roots</c>.</summary>
    public string DataRoot => Path.Combine(_state, "data");

    /// <summary>Where its Engine API is served.</summary>
    public string Socket => _socket;

    private string ExecRoot => Path.Combine(_state, "exec");

    // Another state directory is another daemon, which may run at the same time.
    private int Network => _state == DefaultState ? 77 : 128 + (_state.Sum(character => character) % 64);

    private string Bridge => $"nsctest{Network - 77}";

    /// <summary>The last lines of the daemon's log.</summary>
    private string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log.TakeLast(20));
        }
    }

    /// <summary>Runs <c>docker</c> against this daemon; it must succeed.</summary>
    internal string Docker(params string[] arguments) => Command.Run("docker", ["--host", $"unix://{_socket}", .. arguments]);

    /// <summary><c>docker run --detach</c>.</summary>
    /// <param name="name">The container's name, unlike that of any other test.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    /// <param name="script">What its <c>sh -c</c> runs; it stays init.</param>
    internal DockerContainer Start(string name, string[] options, string script)
    {
        string id = Docker(["run", "--detach", "--init=false", "--name", name, .. options, Image, "sh", "-c", script]);
        return new DockerContainer(this, id);
    }

    /// <summary><c>docker run --detach</c> of <see cref="BurnImage"/>: burn is init, with nothing before or after it.</summary>
    /// <param name="name">The container's name, unlike that of any other test.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    /// <param name="arguments">What burn is told.</param>
    internal DockerContainer StartBurn(string name, string[] options, params string[] arguments)
    {
        string id = Docker(["run", "--detach", "--init=false", "--name", name, .. options, BurnImage, .. arguments]);
        return new DockerContainer(this, id);
    }

    /// <summary>Everything <c>docker inspect</c> tells of one container.</summary>
    internal JsonElement Inspect(string container)
    {
        using JsonDocument document = JsonDocument.Parse(Docker("inspect", container));
        return document.RootElement[0].Clone();
    }

    /// <summary>Sends the daemon a signal, as kill(1) names it.</summary>
    internal void Signal(string signal) => Command.Run("kill", "-" + signal, $"{_daemon!.Id}");

    /// <summary>Kills the daemon, and returns when it is dead; its containers live until it is started again.</summary>
    internal void KillDaemon()
    {
        Signal("KILL");
        _daemon!.WaitForExit();
        _daemon.Dispose();
        _daemon = null;
    }

    /// <summary>Starts the daemon after <see cref="KillDaemon"/>; does nothing where it runs.</summary>
    internal void StartDaemonAgain() => _daemon ??= StartDaemon();

    /// <summary>Ends the daemon and removes all that it and the fixture made.</summary>
    public void Dispose()
    {
        if (_lock is null)
            return;
        try
        {
            if (_daemon is { HasExited: false })
            {
                (_, string ids, _) = Command.Try("docker", "--host", $"unix://{_socket}", "ps", "--all", "--quiet");
                string[] containers = ids.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (containers.Length > 0)
                    Command.Try("docker", ["--host", $"unix://{_socket}", "rm", "--force", "--volumes", .. containers]);
                Command.Try("kill", "-TERM", $"{_daemon.Id}");
                _daemon.WaitForExit(TimeSpan.FromSeconds(30));
            }
        }
        finally
        {
            ClearAway();
            _daemon?.Dispose();
            _lock.Dispose();
            Command.Try("rm", "-rf", _state);
        }
    }

    private Process StartDaemon()
    {
        // A configuration of the machine's own must have no say.
        string configuration = Path.Combine(_state, "daemon.json");
        // Containers outlive a daemon that is killed, and belong to the next one.
        File.WriteAllText(configuration, """{ "live-restore": true }""");
        Process daemon = Command.Start(
            "dockerd",
            "--config-file", configuration, "--data-root", DataRoot, "--exec-root", ExecRoot,
            "--host", $"unix://{_socket}", "--pidfile", Path.Combine(_state, "docker.pid"),
            "--bridge", Bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false");
        daemon.StandardInput.Close();
        daemon.OutputDataReceived += Keep;
        daemon.ErrorDataReceived += Keep;
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        Eventually.True(
            () => daemon.HasExited
                ? throw new InvalidOperationException($"dockerd ended with status {daemon.ExitCode}:\n{Log}")
                : File.Exists(_socket) && Command.Try("docker", "--host", $"unix://{_socket}", "info").Status == 0,
            "dockerd answers",
            () => Log);
        return daemon;

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_log)
                _log.Add(line.Data ?? "");
        }
    }

    private void ImportImages() => Command.Run(
        "sh",
        "-c",
        """
        set -e
        image=$1/image
        mkdir -p "$image/bin" "$image/dev" "$image/etc" "$image/proc" "$image/sys" "$image/tmp"
        cp "$(command -v busybox)" "$image/bin/busybox"
        for applet in $("$image/bin/busybox" --list); do
            [ "$applet" = busybox ] || ln -sf busybox "$image/bin/$applet"
        done
        tar -C "$image" -c . | docker --host "unix://$2" import - "$3"
        rm -rf "$image"
        tar -C "$(dirname "$4")" -c burn | docker --host "unix://$2" import --change 'ENTRYPOINT ["/burn"]' - "$5"
        """,
        "sh",
        _state,
        _socket,
        Image,
        Burn.Program,
        BurnImage);

    // Recognised by this directory's name in their command lines, and by containers whose state lies in it.
    private void ClearAway()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(process), out int pid) && pid != Environment.ProcessId && IsOurs(process))
                Command.Try("kill", "-KILL", $"{pid}");

        string containers = Path.Combine(DataRoot, "containers");
        string[] ids = Directory.Exists(containers) ? [.. Directory.EnumerateDirectories(containers).Select(path => Path.GetFileName(path)!)] : [];
        foreach (string id in ids)
            Command.Try("sh", "-c", "for f in /sys/fs/cgroup/*/docker/$1/cgroup.procs /sys/fs/cgroup/docker/$1/cgroup.procs; do [ -e $f ] && kill -KILL $(cat $f); done; sleep 0.2", "sh", id);
        foreach (string id in ids.Append(""))
            Command.Try("sh", "-c", "rmdir /sys/fs/cgroup/*/docker/$1 /sys/fs/cgroup/docker/$1", "sh", id);

        // Innermost first.
        foreach (string mount in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(_state + "/", StringComparison.Ordinal)).Reverse().ToArray())
            Command.Try("umount", mount);
        Command.Try("ip", "link", "delete", Bridge);
        Command.Try("rm", "-rf", DataRoot, ExecRoot, _socket, Path.Combine(_state, "docker.pid"));
    }

    private bool IsOurs(string process)
    {
        try
        {
            string[] words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            return Path.GetFileName(words[0]) is "dockerd" or "containerd" or "containerd-shim-runc-v2"
                && words.Any(word => word.StartsWith(_state + "/", StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
