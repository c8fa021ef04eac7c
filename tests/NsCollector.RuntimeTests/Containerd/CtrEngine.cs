
namespace NsCollector.RuntimeTests.Containerd;

/// <summary>
/// A containerd without CRI for the tests, driven by ctr. It has its own root, state and socket, so the machine's containerd is
/// not touched. nerdctl stores a container's data as annotations of its bundle, and <c>ctr --annotation</c> writes the same.
/// Disposing removes everything.
/// </summary>
internal sealed class CtrEngine : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-ctr-").FullName;
    private readonly List<(string Namespace, string Id)> _containers = [];
    private readonly ServerProcess _daemon;

    /// <summary>Starts the daemon.</summary>
    /// <param name="stateInFile">Whether the configuration file names its state directory, and not the command line.</param>
    public CtrEngine(bool stateInFile = false)
    {
        string configuration = Path.Combine(_directory, "config.toml");
        File.WriteAllText(configuration, (stateInFile ? $"state = \"{State}\"\n" : "") + "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n");
        _daemon = new ServerProcess(
            Path.Combine(_directory, "log"), "containerd",
            ["--config", configuration, "--root", Path.Combine(_directory, "root"), "--address", Socket,
            .. stateInFile ? Array.Empty<string>() : ["--state", State]]);
        try
        {
            Command.Run("sh", "-c", """set -e; mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys"; cp "$(command -v busybox)" "$1/bin/busybox"; ln -s busybox "$1/bin/sleep" """, "sh", RootFileSystem);
            _daemon.Start(() => File.Exists(Socket) && Command.Try("ctr", "--address", Socket, "version").Status == 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string State => Path.Combine(_directory, "state");

    private string Socket => Path.Combine(_directory, "containerd.sock");

    private string RootFileSystem => Path.Combine(_directory, "rootfs");

    /// <summary><c>ctr run --detach</c>.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="id">64 hexadecimal digits.</param>
    /// <param name="annotations">Annotations of its bundle, KEY=VALUE.</param>
    public void Start(string @namespace, string id, params string[] annotations)
    {
        _containers.Add((@namespace, id));
        string[] given = [.. annotations.SelectMany(annotation => new[] { "--annotation", annotation })];
        Command.Run("ctr", ["--address", Socket, "--namespace", @namespace, "run", "--detach", "--rootfs", .. given, RootFileSystem, id, "/bin/sleep", "1000"]);
    }

    /// <summary>The agent's sample of containerd's containers.</summary>
    public List<Point> Sample(params string[] settings) =>
        AgentProgram.Sample([$"discovery:containerd_states={State}", "filter:include=containerd/*", .. settings]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((string @namespace, string id) in _containers)
        {
            string[] words = ["--address", Socket, "--namespace", @namespace];
            Command.Try("ctr", [.. words, "task", "kill", "--signal", "KILL", id]);
            Eventually.True(
                () => Command.Try("ctr", [.. words, "task", "rm", id]).Status == 0 || !Directory.Exists($"{State}/io.containerd.runtime.v2.task/{@namespace}/{id}"),
                $"the task of {id} can be removed");
            Command.Try("ctr", [.. words, "container", "rm", id]);
        }

        _daemon.Stop();
        _daemon.Dispose();

        // runc leaves the cgroup of the namespace. rmdir fails if others still use it.
        foreach (string @namespace in _containers.Select(container => container.Namespace).Distinct())
            Command.Try("sh", "-c", "rmdir /sys/fs/cgroup/*/$1 /sys/fs/cgroup/$1", "sh", @namespace);
        Command.Try("rm", "-rf", _directory);
    }
}
